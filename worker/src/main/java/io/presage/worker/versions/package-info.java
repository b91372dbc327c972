/// The versions that this worker holds: desired snapshots in, loaded and warm versions out.
///
/// [io.presage.worker.versions.Versions] owns the slots; what is to be done is decided by
/// [io.presage.worker.versions.ReconcilePolicy], a pure function, and done by loader threads. Event loops read
/// the [io.presage.worker.versions.ServingTable], an immutable snapshot, and hold a lease for each call.
@NullMarked
package io.presage.worker.versions;

import org.jspecify.annotations.NullMarked;
