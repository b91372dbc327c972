package io.presage.engine.xgboost;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The functions of XGBoost's C API (`c_api.h`, 3.0) that prediction needs. Any thread, except that one booster is
/// changed by one thread at a time; predictions in place may run side by side.
@SuppressWarnings("restricted") // Calling a C library is what this package is for.
final class XgboostLibrary {
    private static final long WORD_BYTES_MAX = 64 << 10;

    private final MethodHandle lastError;
    private final MethodHandle create;
    private final MethodHandle free;
    private final MethodHandle setParam;
    private final MethodHandle loadFromBuffer;
    private final MethodHandle featureCount;
    private final MethodHandle predictFromDense;

    private XgboostLibrary(SymbolLookup symbols) {
        this.lastError = function(symbols, "XGBGetLastError", FunctionDescriptor.of(ADDRESS));
        this.create = function(symbols, "XGBoosterCreate", status(ADDRESS, JAVA_LONG, ADDRESS));
        this.free = function(symbols, "XGBoosterFree", status(ADDRESS));
        this.setParam = function(symbols, "XGBoosterSetParam", status(ADDRESS, ADDRESS, ADDRESS));
        this.loadFromBuffer = function(symbols, "XGBoosterLoadModelFromBuffer", status(ADDRESS, ADDRESS, JAVA_LONG));
        this.featureCount = function(symbols, "XGBoosterGetNumFeature", status(ADDRESS, ADDRESS));
        this.predictFromDense = function(
                symbols,
                "XGBoosterPredictFromDense",
                status(ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    }

    private static MethodHandle function(SymbolLookup symbols, String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), descriptor);
    }

    private static FunctionDescriptor status(MemoryLayout... arguments) {
        return FunctionDescriptor.of(JAVA_INT, arguments);
    }

    /// For the life of the process.
    static XgboostLibrary load(Path file) throws LoadException {
        try {
            return new XgboostLibrary(SymbolLookup.libraryLookup(file, Arena.global()));
        } catch (IllegalArgumentException e) {
            throw new LoadException(
                    new Failure(
                            "load",
                            "engine-broken",
                            reason(file, e),
                            "XGBoost needs Linux on x86-64 and the library libgomp.so.1 (Debian: libgomp1)."),
                    e);
        }
    }

    /// The lookup does not say why; loading the library for Java does.
    private static String reason(Path file, IllegalArgumentException lookup) {
        try {
            System.load(file.toAbsolutePath().toString());
            return String.valueOf(lookup.getMessage());
        } catch (UnsatisfiedLinkError e) {
            return String.valueOf(e.getMessage());
        }
    }

    /// A new, empty booster.
    MemorySegment create() throws XgboostException {
        try (var arena = Arena.ofConfined()) {
            var handle = arena.allocate(ADDRESS);
            check((int) create.invokeExact(MemorySegment.NULL, 0L, handle));
            return handle.get(ADDRESS, 0);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    void free(MemorySegment booster) throws XgboostException {
        try {
            check((int) free.invokeExact(booster));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    void setParam(MemorySegment booster, String name, String value) throws XgboostException {
        try (var arena = Arena.ofConfined()) {
            check((int) setParam.invokeExact(booster, arena.allocateFrom(name), arena.allocateFrom(value)));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /// `model`: a whole file, JSON or UBJ.
    void load(MemorySegment booster, MemorySegment model) throws XgboostException {
        try {
            check((int) loadFromBuffer.invokeExact(booster, model, model.byteSize()));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    long featureCount(MemorySegment booster) throws XgboostException {
        try (var arena = Arena.ofConfined()) {
            var count = arena.allocate(JAVA_LONG);
            check((int) featureCount.invokeExact(booster, count));
            return count.get(JAVA_LONG, 0);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /// Where one thread's predictions are told of.
    static final class Answer {
        private final MemorySegment shape;
        private final MemorySegment rank;
        private final MemorySegment values;

        Answer(Arena arena) {
            this.shape = arena.allocate(ADDRESS);
            this.rank = arena.allocate(JAVA_LONG);
            this.values = arena.allocate(ADDRESS);
        }

        long rank() {
            return rank.get(JAVA_LONG, 0);
        }

        long dim(int axis) {
            return shape.get(ADDRESS, 0).reinterpret(rank() * Long.BYTES).getAtIndex(JAVA_LONG, axis);
        }

        /// The library's own memory: valid until this thread's next prediction.
        MemorySegment values(long bytes) {
            return values.get(ADDRESS, 0).reinterpret(bytes);
        }
    }

    /// `matrix`: an array interface in JSON, ended by 0. `settings`: likewise.
    void predict(MemorySegment booster, MemorySegment matrix, MemorySegment settings, Answer answer)
            throws XgboostException {
        try {
            check((int) predictFromDense.invokeExact(
                    booster, matrix, settings, MemorySegment.NULL, answer.shape, answer.rank, answer.values));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private void check(int status) throws Throwable {
        if (status != 0) {
            var words = (MemorySegment) lastError.invokeExact();
            throw new XgboostException(
                    firstLines(words.reinterpret(WORD_BYTES_MAX).getString(0)));
        }
    }

    /// Without the stack trace that the library adds.
    private static String firstLines(String words) {
        int trace = words.indexOf("Stack trace:");
        return (trace < 0 ? words : words.substring(0, trace)).strip();
    }

    private static XgboostException rethrown(@Nullable Throwable e) {
        return switch (e) {
            case XgboostException failed -> failed;
            case RuntimeException runtime -> throw runtime;
            case Error error -> throw error;
            case null, default -> throw new IllegalStateException("a C function threw. This is a bug.", e);
        };
    }
}
