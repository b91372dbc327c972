/// Movable names for versions, with compare-and-set. `champion` is the route's active version, so moving it is
/// promoting. Called on the virtual thread of a request.
@NullMarked
package io.presage.registry.aliases;

import org.jspecify.annotations.NullMarked;
