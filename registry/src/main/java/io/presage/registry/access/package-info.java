/// Who may do what: API keys (hashed), the filter in front of every path, the first ADMIN key. Runs on the
/// virtual thread of each request.
@NullMarked
package io.presage.registry.access;

import org.jspecify.annotations.NullMarked;
