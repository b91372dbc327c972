/// The catalogue of everything that can go wrong for a caller: one enum, the source of HTTP statuses, gRPC
/// statuses, retry advice and `docs/errors.md`. Thrown as [io.presage.contract.problem.ProblemException]; one
/// place per service turns it into the wire form.
@NullMarked
package io.presage.contract.problem;

import org.jspecify.annotations.NullMarked;
