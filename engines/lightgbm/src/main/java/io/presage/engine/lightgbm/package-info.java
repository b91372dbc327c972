/// LightGBM as a pack of the worker: its C library called in place, on direct memory, without its Java classes.
/// The worker's loader threads load models, the owners of instances run them.
@NullMarked
package io.presage.engine.lightgbm;

import org.jspecify.annotations.NullMarked;
