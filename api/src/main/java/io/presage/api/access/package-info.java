/// Who calls: finds the API key of a request by its SHA-256 among those of the routing table, and says what its
/// holder may do. Called by `infer` on event loops.
@NullMarked
package io.presage.api.access;

import org.jspecify.annotations.NullMarked;
