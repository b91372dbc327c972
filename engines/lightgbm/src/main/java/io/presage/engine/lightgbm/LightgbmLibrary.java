package io.presage.engine.lightgbm;

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

/// The functions of LightGBM's C API (`c_api.h`, 3.3) that prediction needs. Any thread; predictions of one
/// booster
/// may run side by side.
@SuppressWarnings("restricted") // Calling a C library is what this package is for.
final class LightgbmLibrary {
    private static final int FLOAT32 = 0;
    private static final int ROW_MAJOR = 1;
    /// Probabilities, or values after the objective's own transformation.
    private static final int PREDICT_NORMAL = 0;
    private static final int FIRST_ITERATION = 0;
    private static final int ALL_ITERATIONS = 0;
    private static final long WORD_BYTES_MAX = 64 << 10;

    private final MethodHandle lastError;
    private final MethodHandle createFromFile;
    private final MethodHandle free;
    private final MethodHandle featureCount;
    private final MethodHandle answerCount;
    private final MethodHandle predict;

    private LightgbmLibrary(SymbolLookup symbols) {
        this.lastError = function(symbols, "LGBM_GetLastError", FunctionDescriptor.of(ADDRESS));
        this.createFromFile = function(symbols, "LGBM_BoosterCreateFromModelfile", status(ADDRESS, ADDRESS, ADDRESS));
        this.free = function(symbols, "LGBM_BoosterFree", status(ADDRESS));
        this.featureCount = function(symbols, "LGBM_BoosterGetNumFeature", status(ADDRESS, ADDRESS));
        this.answerCount = function(
                symbols,
                "LGBM_BoosterCalcNumPredict",
                status(ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
        this.predict = function(
                symbols,
                "LGBM_BoosterPredictForMat",
                status(
                        ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS,
                        ADDRESS, ADDRESS));
    }

    private static MethodHandle function(SymbolLookup symbols, String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), descriptor);
    }

    private static FunctionDescriptor status(MemoryLayout... arguments) {
        return FunctionDescriptor.of(JAVA_INT, arguments);
    }

    /// For the life of the process.
    static LightgbmLibrary load(Path file) throws LoadException {
        try {
            return new LightgbmLibrary(SymbolLookup.libraryLookup(file, Arena.global()));
        } catch (IllegalArgumentException e) {
            throw new LoadException(
                    new Failure(
                            "load",
                            "engine-broken",
                            reason(file, e),
                            "LightGBM needs Linux on x86-64 and the library libgomp.so.1 (Debian: libgomp1)."),
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

    /// The booster of a text file.
    MemorySegment load(String file) throws LightgbmException {
        try (var arena = Arena.ofConfined()) {
            var iterations = arena.allocate(JAVA_INT);
            var handle = arena.allocate(ADDRESS);
            check((int) createFromFile.invokeExact(arena.allocateFrom(file), iterations, handle));
            return handle.get(ADDRESS, 0);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    void free(MemorySegment booster) throws LightgbmException {
        try {
            check((int) free.invokeExact(booster));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    int featureCount(MemorySegment booster) throws LightgbmException {
        try (var arena = Arena.ofConfined()) {
            var count = arena.allocate(JAVA_INT);
            check((int) featureCount.invokeExact(booster, count));
            return count.get(JAVA_INT, 0);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /// Numbers that it answers for one row.
    long answerCount(MemorySegment booster) throws LightgbmException {
        try (var arena = Arena.ofConfined()) {
            var count = arena.allocate(JAVA_LONG);
            check((int) answerCount.invokeExact(booster, 1, PREDICT_NORMAL, FIRST_ITERATION, ALL_ITERATIONS, count));
            return count.get(JAVA_LONG, 0);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /// `rows` of `columns` FP32 each to FP64 in `answers`, which has room for them; `settings` ended by 0. How
    /// many
    /// there were comes as INT64 in `answerCount`.
    void predict(
            MemorySegment booster,
            MemorySegment data,
            int rows,
            int columns,
            MemorySegment settings,
            MemorySegment answerCount,
            MemorySegment answers)
            throws LightgbmException {
        try {
            check((int) predict.invokeExact(
                    booster,
                    data,
                    FLOAT32,
                    rows,
                    columns,
                    ROW_MAJOR,
                    PREDICT_NORMAL,
                    FIRST_ITERATION,
                    ALL_ITERATIONS,
                    settings,
                    answerCount,
                    answers));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private void check(int status) throws Throwable {
        if (status != 0) {
            var words = (MemorySegment) lastError.invokeExact();
            throw new LightgbmException(words.reinterpret(WORD_BYTES_MAX).getString(0));
        }
    }

    private static LightgbmException rethrown(@Nullable Throwable e) {
        return switch (e) {
            case LightgbmException failed -> failed;
            case RuntimeException runtime -> throw runtime;
            case Error error -> throw error;
            case null, default -> throw new IllegalStateException("a C function threw. This is a bug.", e);
        };
    }
}
