/// What the worker asks of the operating system through the C library: how much native memory is allocated, and a
/// lower priority for threads whose work can wait. Where the C library lacks a function the next best answer is
/// given.
@NullMarked
package io.presage.worker.machine;

import org.jspecify.annotations.NullMarked;
