package io.presage.worker.machine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/// The operating system's priority of the calling thread.
///
/// Java's own thread priorities do nothing on Linux. `setpriority` does, and on Linux it is about one thread. A
/// thread
/// cannot go back without a privilege, and **threads and processes that it starts inherit its priority**: what
/// is to
/// serve later is never started by a thread that was lowered.
public final class ThreadPriority {
    private static final int PRIO_PROCESS = 0;
    private static final int THIS_THREAD = 0;

    private ThreadPriority() {}

    /// Lowers the calling thread, which must be a platform thread, to `nice`: 0 is normal, 19 the least; at 10
    /// it gets
    /// about a tenth of what a normal thread that competes with it gets, and everything when nothing competes.
    ///
    /// @return false where there is no such thing as a thread's priority
    @SuppressWarnings("restricted") // Native access is enabled for the whole worker.
    public static boolean lower(int nice) {
        if (!System.getProperty("os.name", "").equals("Linux")) {
            return false;
        }
        var linker = Linker.nativeLinker();
        var symbol = linker.defaultLookup().find("setpriority");
        if (symbol.isEmpty()) {
            return false;
        }
        var setpriority = linker.downcallHandle(
                symbol.get(),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            return (int) setpriority.invokeExact(PRIO_PROCESS, THIS_THREAD, nice) == 0;
        } catch (Throwable e) {
            throw new IllegalStateException("setpriority failed. This is a bug.", e);
        }
    }
}
