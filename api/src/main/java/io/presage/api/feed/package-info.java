/// How the gateway learns the routing table: a long poll of the registry on one virtual thread, which brings
/// changes
/// or a whole table, and the last snapshot on disk, from which a gateway starts when the registry is away.
@NullMarked
package io.presage.api.feed;

import org.jspecify.annotations.NullMarked;
