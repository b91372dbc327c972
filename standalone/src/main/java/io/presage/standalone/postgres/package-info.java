/// A private Postgres under the data directory: unpacked from the class path, initialised once, with a password
/// from its first moment, on the loopback address alone. Driven through `initdb` and `pg_ctl`; blocking; one
/// caller thread.
@NullMarked
package io.presage.standalone.postgres;

import org.jspecify.annotations.NullMarked;
