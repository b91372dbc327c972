/// The state feed: what the registry tells gateways and workers (whole snapshots with a growing revision), and
/// what workers tell the registry. Plain records that Jackson reads and writes without annotations; unknown
/// members are ignored, so that an older service lives beside a newer one. Immutable; any thread.
@NullMarked
package io.presage.contract.state;

import org.jspecify.annotations.NullMarked;
