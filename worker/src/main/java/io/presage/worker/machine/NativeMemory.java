package io.presage.worker.machine;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Native memory of this process. Any thread.
///
/// Models live in what the C library's `malloc` gives out. `mallinfo2` (glibc 2.33) tells how much that is to the
/// byte, in all arenas; resident memory, which stands in for it elsewhere, also moves with Java's heap and
/// keeps what
/// was freed. Other threads allocate too, so a difference of two readings is as exact as the process is quiet.
@SuppressWarnings("restricted") // Native access is enabled for the whole worker.
public final class NativeMemory {
    private static final int PAGE_BYTES = 4096;
    /// Fields of `struct mallinfo2`, all `size_t`.
    private static final int FIELDS = 10;
    /// Bytes in blocks that were mapped one by one.
    private static final int HBLKHD = 4;
    /// Bytes given out of arenas.
    private static final int UORDBLKS = 7;
    private static final StructLayout MALLINFO =
            MemoryLayout.structLayout(MemoryLayout.sequenceLayout(FIELDS, ValueLayout.JAVA_LONG));

    private final @Nullable MethodHandle mallinfo;
    private final @Nullable MethodHandle trim;

    private NativeMemory(@Nullable MethodHandle mallinfo, @Nullable MethodHandle trim) {
        this.mallinfo = mallinfo;
        this.trim = trim;
    }

    public static NativeMemory ofThisProcess() {
        return new NativeMemory(
                handle("mallinfo2", FunctionDescriptor.of(MALLINFO)),
                handle("malloc_trim", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG)));
    }

    private static @Nullable MethodHandle handle(String name, FunctionDescriptor descriptor) {
        var linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find(name)
                .map(symbol -> linker.downcallHandle(symbol, descriptor))
                .orElse(null);
    }

    /// True when [#allocatedBytes] counts allocations, not resident pages.
    public boolean isExact() {
        return mallinfo != null;
    }

    /// Bytes that are allocated now; resident bytes where allocations cannot be counted.
    public long allocatedBytes() {
        if (mallinfo == null) {
            return residentBytes();
        }
        try (var arena = Arena.ofConfined()) {
            var info = (java.lang.foreign.MemorySegment) mallinfo.invokeExact((SegmentAllocator) arena);
            return info.getAtIndex(ValueLayout.JAVA_LONG, UORDBLKS) + info.getAtIndex(ValueLayout.JAVA_LONG, HBLKHD);
        } catch (Throwable e) {
            throw new IllegalStateException("mallinfo2 failed. This is a bug.", e);
        }
    }

    /// Gives pages that hold nothing any more back to the operating system. Costs up to milliseconds, in which
    /// other
    /// threads may wait for an allocation.
    public void trim() {
        if (trim == null) {
            return;
        }
        try {
            var _ = (int) trim.invokeExact(0L);
        } catch (Throwable e) {
            throw new IllegalStateException("malloc_trim failed. This is a bug.", e);
        }
    }

    /// Resident bytes of this process; 0 where /proc is not.
    public static long residentBytes() {
        try {
            // "size resident shared ...", in pages.
            var sizes = Files.readString(Path.of("/proc/self/statm"), StandardCharsets.US_ASCII);
            int start = sizes.indexOf(' ') + 1;
            return Long.parseLong(sizes.substring(start, sizes.indexOf(' ', start))) * PAGE_BYTES;
        } catch (IOException | RuntimeException e) {
            return 0;
        }
    }
}
