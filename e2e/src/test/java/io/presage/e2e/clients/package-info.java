/// Public clients at the gateway's address: those that can be had run unmodified, of the others the bytes that
/// they send, and what they can read, by their published sources. All ask one Presage, which nobody stops.
@NullMarked
package io.presage.e2e.clients;

import org.jspecify.annotations.NullMarked;
