/// The registry's edge: request ids, JSON bodies with a bound, names in paths, and the one place where a
/// [io.presage.contract.problem.Problem] becomes an RFC 9457 answer. Used by every feature's controllers, on
/// the virtual thread of their request.
@NullMarked
package io.presage.registry.http;

import org.jspecify.annotations.NullMarked;
