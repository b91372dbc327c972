/// Gives uploads to workers and takes their verdicts. [io.presage.registry.validation.ValidationPolicy] is
/// pure; the tick around it runs in the control loop, verdicts arrive on the virtual threads of requests.
@NullMarked
package io.presage.registry.validation;

import org.jspecify.annotations.NullMarked;
