/// Tenants, and the limits of tenants and models: what they are (tables, control API), and how one limit holds
/// over several gateways: each gateway asks for its slice of every limit that it counts, about once a second.
/// Runs on the virtual thread of each request; what gateways hold is kept in memory under one lock.
@NullMarked
package io.presage.registry.limits;

import org.jspecify.annotations.NullMarked;
