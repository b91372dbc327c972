/// What `./presage up` runs: an embedded Postgres and the three services as three Spring contexts in one
/// process, the demo catalogue, and a clean end. Owns the data directory's layout, lock and secrets; knows the
/// services only by their application classes and configuration keys. The main thread starts everything, a
/// shutdown hook stops it.
@NullMarked
package io.presage.standalone;

import org.jspecify.annotations.NullMarked;
