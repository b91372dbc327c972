@NullMarked
package io.presage.standalone;

import org.jspecify.annotations.NullMarked;
