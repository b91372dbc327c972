/// Spring Cloud Gateway with one route and no filter of ours.
@NullMarked
package io.presage.bench.peer;

import org.jspecify.annotations.NullMarked;
