/// Runs an engine in a child process for each version, so that a crash of native code costs the calls that run on
/// it and nothing else. The parent's side is a [io.presage.worker.engine.LoadedModel] like any other: loaded by
/// loader threads, run by its owner. The child's side is [io.presage.worker.engine.process.ChildServer], with a
/// thread for each view of the model. They speak frames over a socket in a private folder; nothing that comes from
/// a child is trusted.
@NullMarked
package io.presage.worker.engine.process;

import org.jspecify.annotations.NullMarked;
