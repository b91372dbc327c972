/// Packages on this worker's disk: fetched from the registry by digest, kept in a bounded content-addressed
/// cache, unpacked with care (no links, no way out of the folder, bounded entries and sizes), and read as a
/// [io.presage.worker.artifacts.ModelPackage]. Called by the version loader on its own threads; blocking I/O.
@NullMarked
package io.presage.worker.artifacts;

import org.jspecify.annotations.NullMarked;
