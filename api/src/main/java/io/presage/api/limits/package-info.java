/// How much is let in: the rate of a key on a model, and the bytes of request bodies held at once. Called on
/// event loops; state is shared by all of them and survives changes of the routing table.
@NullMarked
package io.presage.api.limits;

import org.jspecify.annotations.NullMarked;
