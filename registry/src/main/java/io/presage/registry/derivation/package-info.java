/// Has siblings of versions made by workers: hands out the work like validations, takes the packages, and leaves
/// the rest of the version's life to validation. The tick runs in the control loop, packages and results arrive
/// on the virtual threads of requests.
@NullMarked
package io.presage.registry.derivation;

import org.jspecify.annotations.NullMarked;
