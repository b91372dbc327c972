@NullMarked
package io.presage.contract.infer;

import org.jspecify.annotations.NullMarked;
