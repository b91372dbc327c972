/// The TensorFlow pack: SavedModels on TensorFlow's own library, through TensorFlow Java. The operations of a
/// SavedModel
/// can read and write files, so the worker runs this engine only where the operator allows it, by default in a
/// process
/// of its own.
@NullMarked
package io.presage.engine.tensorflow;

import org.jspecify.annotations.NullMarked;
