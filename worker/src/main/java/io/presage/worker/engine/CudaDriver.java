package io.presage.worker.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks NVIDIA's driver (`libcuda.so.1`, which comes with it and needs no CUDA toolkit) what it drives. Never
/// fatal: a missing or broken driver is no GPU. The functions are those of the CUDA driver API, stable since
/// CUDA 4.
public final class CudaDriver {
    private static final Logger log = LoggerFactory.getLogger(CudaDriver.class);
    private static final String LIBRARY = "libcuda.so.1";
    private static final int NAME_BYTES = 256;

    private final Linker linker = Linker.nativeLinker();
    private final SymbolLookup library;

    private CudaDriver(SymbolLookup library) {
        this.library = library;
    }

    /// All devices, in the driver's order; none when there is no driver.
    public static List<Device> devices() {
        return devices(LIBRARY);
    }

    static List<Device> devices(String libraryName) {
        SymbolLookup library;
        try {
            // Stays loaded: the engine uses the same.
            library = SymbolLookup.libraryLookup(libraryName, Arena.global());
        } catch (IllegalArgumentException e) {
            return List.of();
        }
        try (var arena = Arena.ofConfined()) {
            return new CudaDriver(library).list(arena);
        } catch (Throwable e) {
            log.warn("event=cuda_driver_failed why={}", e.toString());
            return List.of();
        }
    }

    private List<Device> list(Arena arena) throws Throwable {
        check("cuInit", (int) function("cuInit", ValueLayout.JAVA_INT).invokeExact(0));
        var count = arena.allocate(ValueLayout.JAVA_INT);
        check("cuDeviceGetCount", (int)
                function("cuDeviceGetCount", ValueLayout.ADDRESS).invokeExact(count));
        var devices = new ArrayList<Device>();
        for (int i = 0; i < count.get(ValueLayout.JAVA_INT, 0); i++) {
            devices.add(device(arena, i));
        }
        return devices;
    }

    private Device device(Arena arena, int index) throws Throwable {
        var handle = arena.allocate(ValueLayout.JAVA_INT);
        check("cuDeviceGet", (int) function("cuDeviceGet", ValueLayout.ADDRESS, ValueLayout.JAVA_INT)
                .invokeExact(handle, index));
        int device = handle.get(ValueLayout.JAVA_INT, 0);
        var name = arena.allocate(NAME_BYTES);
        check("cuDeviceGetName", (int)
                function("cuDeviceGetName", ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT)
                        .invokeExact(name, NAME_BYTES, device));
        var bytes = arena.allocate(ValueLayout.JAVA_LONG);
        check("cuDeviceTotalMem", (int) function("cuDeviceTotalMem_v2", ValueLayout.ADDRESS, ValueLayout.JAVA_INT)
                .invokeExact(bytes, device));
        return new Device(
                Device.Kind.CUDA,
                index,
                name.getString(0, StandardCharsets.UTF_8),
                bytes.get(ValueLayout.JAVA_LONG, 0));
    }

    private MethodHandle function(String name, MemoryLayout... arguments) {
        MemorySegment address = library.findOrThrow(name);
        return linker.downcallHandle(address, FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }

    private static void check(String function, int result) {
        if (result != 0) {
            throw new IllegalStateException(function + ": CUDA error " + result);
        }
    }
}
