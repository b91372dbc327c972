/// Where calls go: the routing table as an immutable index of hash maps behind one `volatile`, the split of a
/// model's calls over its versions, and the names in paths. Built on the feed's thread, read on event loops.
@NullMarked
package io.presage.api.routes;

import org.jspecify.annotations.NullMarked;
