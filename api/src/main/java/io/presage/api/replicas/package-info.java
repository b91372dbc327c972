/// The workers as a gateway sees them: calls in flight, circuit, and the choice of one for a call. State
/// survives changes of the routing table as long as a worker keeps its address. Event loops call; the feed's
/// thread updates.
@NullMarked
package io.presage.api.replicas;

import org.jspecify.annotations.NullMarked;
