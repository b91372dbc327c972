@NullMarked
package io.presage.standalone.postgres;

import org.jspecify.annotations.NullMarked;
