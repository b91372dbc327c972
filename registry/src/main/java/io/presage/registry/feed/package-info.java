/// The state feed: builds a snapshot once a revision, out of the one before and what was touched since, and
/// hands it to long polls: to workers whole, to gateways what changed for them. One thread listens to Postgres;
/// polls wait on their own virtual threads.
@NullMarked
package io.presage.registry.feed;

import org.jspecify.annotations.NullMarked;
