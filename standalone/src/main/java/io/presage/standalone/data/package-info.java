/// The data directory: its layout, its lock, the secrets in it, and the one-line reason when a start cannot go
/// on. Used by everything in standalone; blocking I/O on the starting thread.
@NullMarked
package io.presage.standalone.data;

import org.jspecify.annotations.NullMarked;
