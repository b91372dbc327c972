/// Answers that are given again. Asked on event loops, which share one [io.presage.api.cache.ResponseCache];
/// what calls
/// wait for comes back on the loop that they belong to.
@NullMarked
package io.presage.api.cache;

import org.jspecify.annotations.NullMarked;
