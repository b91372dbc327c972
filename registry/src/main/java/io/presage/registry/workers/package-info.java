/// What workers report, and which of them are alive. Reports arrive on the virtual threads of requests; the
/// control loop calls the tick that declares workers lost.
@NullMarked
package io.presage.registry.workers;

import org.jspecify.annotations.NullMarked;
