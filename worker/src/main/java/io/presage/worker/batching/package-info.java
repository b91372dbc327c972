/// Rows that run together. Each instance of a version has one [io.presage.worker.batching.Batcher]: one owner
/// (platform) thread, one bounded queue. Which calls run together is decided by
/// [io.presage.worker.batching.BatchPolicy], a pure function; the loop around it does what it says. Calls are
/// submitted by event loops and preparing threads; answers are given on the owner thread.
@NullMarked
package io.presage.worker.batching;

import org.jspecify.annotations.NullMarked;
