/// What leaves the gateway: calls to workers (with the retry policy and its budget) and the pass-through of
/// `/api/v1` to the registry. Each event loop owns its clients and their connections; nothing here blocks.
@NullMarked
package io.presage.api.forward;

import org.jspecify.annotations.NullMarked;
