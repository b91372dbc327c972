@NullMarked
package io.presage.standalone.demo;

import org.jspecify.annotations.NullMarked;
