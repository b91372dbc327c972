package io.presage.worker.engine.onnx;

import io.presage.contract.state.Failure;
import io.presage.worker.artifacts.ModelPackage;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.onnx.ProtoReader.MalformedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/// Where a tensor's bytes lie, if not in the model file: they must lie in a plain file of the package, and be
/// there.
///
/// @param location relative to the model file
/// @param offset in that file
/// @param bytes that the tensor has
record ExternalData(String tensor, String location, long offset, long bytes) {
    /// ONNX Runtime takes the offset of such a "file" for an address in its own memory.
    private static final String MEMORY = "_ORT_MEM_ADDR_";

    /// @param entries pairs of key and value, as the file has them
    static ExternalData of(String tensor, List<String[]> entries, long bytes) throws MalformedException {
        String location = null;
        long offset = 0;
        for (var entry : entries) {
            switch (entry[0]) {
                case "location" -> {
                    if (location != null) {
                        throw new MalformedException("tensor " + tensor + " lies in two files");
                    }
                    location = entry[1];
                }
                case "offset" -> offset = number(tensor, entry);
                case "length" -> {
                    long length = number(tensor, entry);
                    if (length != bytes) {
                        throw new MalformedException("tensor " + tensor + " has " + length
                                + " bytes in another file (expected by its shape: " + bytes + ")");
                    }
                }
                default -> {
                    // A checksum, or what an exporter notes; nothing that is followed.
                }
            }
        }
        if (location == null) {
            throw new MalformedException("tensor " + tensor + " lies in another file, which is not named");
        }
        return new ExternalData(tensor, location, offset, bytes);
    }

    private static long number(String tensor, String[] entry) throws MalformedException {
        try {
            long number = Long.parseLong(entry[1]);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new MalformedException("tensor " + tensor + ": " + entry[0] + " '" + entry[1]
                + "' of its external data (expected: a number from 0)");
    }

    void check(ModelPackage modelPackage) throws LoadException {
        var parent = modelPackage.modelFile().toAbsolutePath().normalize().getParent();
        if (parent == null) {
            throw new IllegalStateException("model file without a folder. This is a bug.");
        }
        if (!isSafe()) {
            throw new LoadException(new Failure(
                    "load",
                    "unsafe-package",
                    "external data location '" + location + "' (expected: a relative path without '..')",
                    "Save the model with its external data beside it and put both into the package."));
        }
        long size = bytesOf(parent);
        if (size < 0) {
            throw new LoadException(new Failure(
                    "load",
                    "missing-file",
                    "external data file '" + location + "' is not in the package",
                    "Put every file that the model refers to into the package, beside the model."));
        }
        if (offset > size || bytes > size - offset) {
            throw new LoadException(OnnxFailures.corrupt("tensor " + tensor + " wants " + bytes + " bytes at " + offset
                    + " of external data file '" + location + "', which has " + size));
        }
    }

    private boolean isSafe() {
        if (location.isEmpty()
                || location.startsWith("/")
                || location.contains("\\")
                || location.contains(":")
                || location.contains(MEMORY)
                || location.indexOf(0) >= 0) {
            return false;
        }
        for (var part : location.split("/", -1)) {
            if (part.equals("..")) {
                return false;
            }
        }
        return true;
    }

    /// Of the file; -1 when it is no plain file.
    private long bytesOf(Path parent) {
        try {
            var file = parent.resolve(location);
            return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.size(file) : -1;
        } catch (InvalidPathException e) {
            return -1;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
