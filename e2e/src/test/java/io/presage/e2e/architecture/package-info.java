/// What docs/ARCHITECTURE.md and CONTRIBUTING.md promise about the code's shape, held by tests over the
/// compiled classes of every module.
@NullMarked
package io.presage.e2e.architecture;

import org.jspecify.annotations.NullMarked;
