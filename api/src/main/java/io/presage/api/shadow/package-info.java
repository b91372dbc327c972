/// Shadow calls: what a caller was answered already is asked once more of another version, and both answers are
/// compared. [io.presage.api.shadow.ShadowLoop] sends on the event loop of the call, with connections of its own;
/// one thread of the gateway compares; [io.presage.api.shadow.ShadowReports] posts the sums to the registry from a
/// thread of its own. Nothing here delays a call or fails it.
@NullMarked
package io.presage.api.shadow;

import org.jspecify.annotations.NullMarked;
