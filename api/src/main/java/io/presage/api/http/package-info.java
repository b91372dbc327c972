/// The public port itself: a Vert.x server on event loops with the checks that it needs (heads, hosts, lengths,
/// timeouts), the exchange of one request, and the two forms of an error. Knows nothing of models.
@NullMarked
package io.presage.api.http;

import org.jspecify.annotations.NullMarked;
