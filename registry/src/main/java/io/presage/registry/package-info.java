/// The registry's wiring: which features there are, what configures them, and the control loop that runs their
/// ticks. Features never look back into this package.
@NullMarked
package io.presage.registry;

import org.jspecify.annotations.NullMarked;
