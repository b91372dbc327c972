/// Finds the setting of a version that is best on a device: what is worth measuring and what the figures mean is
/// decided by pure functions ([io.presage.worker.tuning.TuningGrid], [io.presage.worker.tuning.TuningPolicy],
/// [io.presage.worker.tuning.CostLine]), and [io.presage.worker.tuning.Tuner] runs the model. Called by loader
/// threads at validation.
@NullMarked
package io.presage.worker.tuning;

import org.jspecify.annotations.NullMarked;
