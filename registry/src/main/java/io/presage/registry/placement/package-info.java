/// Which worker holds which deployed version. [io.presage.registry.placement.PlacementPolicy] is pure; the tick
/// around it runs in the control loop, under a lock that several registries share.
@NullMarked
package io.presage.registry.placement;

import org.jspecify.annotations.NullMarked;
