/// Rows that run together. Each version has one [io.presage.worker.batching.VersionQueue] and no thread; the
/// worker's [io.presage.worker.batching.RunPool] gives versions turns on its (platform) threads. Which calls run
/// together is decided by [io.presage.worker.batching.BatchPolicy], a pure function, from what runs cost
/// ([io.presage.worker.batching.CostLine], learned while they run). Calls are submitted by event loops and
/// preparing threads; answers are given on run threads.
@NullMarked
package io.presage.worker.batching;

import org.jspecify.annotations.NullMarked;
