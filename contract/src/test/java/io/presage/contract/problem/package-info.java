@NullMarked
package io.presage.contract.problem;

import org.jspecify.annotations.NullMarked;
