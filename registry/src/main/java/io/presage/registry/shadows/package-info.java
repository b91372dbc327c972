/// What shadow calls have shown: gateways post what is new, people read the sums. Servlet threads.
@NullMarked
package io.presage.registry.shadows;

import org.jspecify.annotations.NullMarked;
