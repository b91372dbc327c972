@NullMarked
package io.presage.standalone.data;

import org.jspecify.annotations.NullMarked;
