/// The seam to the runtimes. An [io.presage.worker.engine.Engine] loads model files into
/// [io.presage.worker.engine.LoadedModel]s; nothing outside `worker.engine.*` and `worker.tasks` sees a
/// runtime's own types.
@NullMarked
package io.presage.worker.engine;

import org.jspecify.annotations.NullMarked;
