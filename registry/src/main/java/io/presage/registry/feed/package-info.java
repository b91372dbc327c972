/// The state feed: builds whole snapshots once a revision and hands them to long polls. One thread listens to
/// Postgres; polls wait on their own virtual threads.
@NullMarked
package io.presage.registry.feed;

import org.jspecify.annotations.NullMarked;
