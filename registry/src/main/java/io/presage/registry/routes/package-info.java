/// How the calls of a model are spread: promote and roll back write the goal,
/// [io.presage.registry.routes.RoutePolicy] decides when the live route follows. Called by requests and by the
/// control loop.
@NullMarked
package io.presage.registry.routes;

import org.jspecify.annotations.NullMarked;
