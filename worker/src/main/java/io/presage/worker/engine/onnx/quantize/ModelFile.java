package io.presage.worker.engine.onnx.quantize;

import io.presage.contract.state.Failure;
import io.presage.worker.engine.LoadException;
import io.presage.worker.engine.onnx.ProtoReader;
import io.presage.worker.engine.onnx.ProtoReader.MalformedException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// An ONNX file and its external data, mapped, with what the quantiser has to know of them. Valid as long as its
/// arena. Field numbers are those of onnx.proto.
final class ModelFile {
    private static final int DEPTH_MAX = 64;

    private final Path file;
    private final Arena arena;
    private final Map<Path, MemorySegment> external = new HashMap<>();

    /// Fields of the model other than its graph, tags included, in order; null stands where the graph was.
    final List<@Nullable MemorySegment> modelFields = new ArrayList<>();
    /// Fields of the graph other than nodes and initializers.
    final List<MemorySegment> graphFields = new ArrayList<>();

    final List<Node> nodes = new ArrayList<>();
    final Map<String, Constant> constants = new LinkedHashMap<>();
    /// Names of the graph's own inputs and outputs: their values come and go by these names.
    final Set<String> open = new HashSet<>();
    /// Of ONNX's own operators; 0 when the file names none.
    private long opset;

    private ModelFile(Path file, Arena arena) {
        this.file = file;
        this.arena = arena;
    }

    long opset() {
        return opset;
    }

    /// Names of files that hold the weights, relative to the model's folder.
    Set<Path> externalFiles() {
        return Set.copyOf(external.keySet());
    }

    static ModelFile read(Path file, Arena arena) throws LoadException, IOException {
        var model = new ModelFile(file, arena);
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            model.model(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
            return model;
        } catch (MalformedException e) {
            throw new LoadException(
                    new Failure(
                            "quantise",
                            "corrupt-model",
                            file.getFileName() + ": " + e.getMessage(),
                            "Check the file with onnx.checker.check_model and upload it again."),
                    e);
        }
    }

    private void model(MemorySegment bytes) throws MalformedException, LoadException, IOException {
        var reader = new ProtoReader(bytes);
        for (long start = 0; reader.next(); start = reader.position()) {
            switch (reader.field()) {
                case 7 -> {
                    graph(reader.block());
                    modelFields.add(null);
                }
                case 8 -> {
                    opset(reader.message());
                    modelFields.add(bytes.asSlice(start, reader.position() - start));
                }
                default -> {
                    reader.skip();
                    modelFields.add(bytes.asSlice(start, reader.position() - start));
                }
            }
        }
    }

    private void opset(ProtoReader reader) throws MalformedException {
        var domain = "";
        long version = 0;
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> domain = reader.string();
                case 2 -> version = reader.number();
                default -> reader.skip();
            }
        }
        if (domain.isEmpty() || domain.equals("ai.onnx")) {
            opset = version;
        }
    }

    private void graph(MemorySegment bytes) throws MalformedException, LoadException, IOException {
        var reader = new ProtoReader(bytes);
        for (long start = 0; reader.next(); start = reader.position()) {
            int field = reader.field();
            if (field == 1 || field == 5) {
                var message = reader.block();
                var whole = bytes.asSlice(start, reader.position() - start);
                if (field == 1) {
                    nodes.add(node(whole, message));
                } else {
                    var constant = constant(whole, message);
                    constants.put(constant.name(), constant);
                }
                continue;
            }
            if (field == 11 || field == 12) {
                open.add(valueName(reader.message()));
            } else {
                reader.skip();
            }
            graphFields.add(bytes.asSlice(start, reader.position() - start));
        }
    }

    private static String valueName(ProtoReader reader) throws MalformedException {
        var name = "";
        while (reader.next()) {
            if (reader.field() == 1) {
                name = reader.string();
            } else {
                reader.skip();
            }
        }
        return name;
    }

    private static Node node(MemorySegment whole, MemorySegment message) throws MalformedException {
        var inputs = new ArrayList<String>();
        var outputs = new ArrayList<String>();
        var numbers = new HashMap<String, Double>();
        var inner = new HashSet<String>();
        var name = "";
        var operator = "";
        var domain = "";
        var reader = new ProtoReader(message);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> inputs.add(reader.string());
                case 2 -> outputs.add(reader.string());
                case 3 -> name = reader.string();
                case 4 -> operator = reader.string();
                case 5 -> attribute(reader.message(), numbers, inner, 0);
                case 7 -> domain = reader.string();
                default -> reader.skip();
            }
        }
        return new Node(whole, operator, domain, name, inputs, outputs, numbers, inner);
    }

    private static void attribute(ProtoReader reader, Map<String, Double> numbers, Set<String> inner, int depth)
            throws MalformedException {
        var name = "";
        Double number = null;
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> name = reader.string();
                case 2 -> number = (double) Float.intBitsToFloat(reader.fixed32());
                case 3 -> number = (double) reader.number();
                case 6, 11 -> inner(reader.message(), inner, depth + 1);
                default -> reader.skip();
            }
        }
        if (number != null) {
            numbers.put(name, number);
        }
    }

    /// What the nodes and outputs of a subgraph read: a name of the outer graph, perhaps.
    private static void inner(ProtoReader graph, Set<String> names, int depth) throws MalformedException {
        if (depth > DEPTH_MAX) {
            throw new MalformedException("graphs nested deeper than " + DEPTH_MAX);
        }
        while (graph.next()) {
            switch (graph.field()) {
                case 1 -> {
                    var node = graph.message();
                    while (node.next()) {
                        switch (node.field()) {
                            case 1 -> names.add(node.string());
                            case 5 -> attribute(node.message(), new HashMap<>(), names, depth);
                            default -> node.skip();
                        }
                    }
                }
                case 12 -> names.add(valueName(graph.message()));
                default -> graph.skip();
            }
        }
    }

    private Constant constant(MemorySegment whole, MemorySegment message)
            throws MalformedException, LoadException, IOException {
        var dims = new ArrayList<Long>();
        int dataType = 0;
        var name = "";
        MemorySegment raw = null;
        MemorySegment packed = null;
        var entries = new HashMap<String, String>();
        boolean isExternal = false;
        var reader = new ProtoReader(message);
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> dims(reader, dims);
                case 2 -> dataType = (int) reader.number();
                case 4 -> {
                    if (reader.isBlock()) {
                        packed = reader.block();
                    } else {
                        reader.skip();
                    }
                }
                case 8 -> name = reader.string();
                case 9 -> raw = reader.block();
                case 13 -> entry(reader.message(), entries);
                case 14 -> isExternal = reader.number() == 1;
                default -> reader.skip();
            }
        }
        var values = isExternal ? external(name, entries) : raw != null ? raw : packed;
        return new Constant(name, dims, dataType, whole, message, values, isExternal);
    }

    private static void dims(ProtoReader reader, List<Long> dims) throws MalformedException {
        if (!reader.isBlock()) {
            dims.add(reader.number());
            return;
        }
        reader.packedNumbers(dims::add);
    }

    private static void entry(ProtoReader reader, Map<String, String> entries) throws MalformedException {
        var key = "";
        var value = "";
        while (reader.next()) {
            switch (reader.field()) {
                case 1 -> key = reader.string();
                case 2 -> value = reader.string();
                default -> reader.skip();
            }
        }
        entries.put(key, value);
    }

    private MemorySegment external(String tensor, Map<String, String> entries)
            throws MalformedException, LoadException, IOException {
        var folder = file.toAbsolutePath().normalize().getParent();
        if (folder == null) {
            throw new IllegalStateException(file + " has no folder. This is a bug.");
        }
        var location = entries.getOrDefault("location", "");
        var path = folder.resolve(location).normalize();
        if (location.isEmpty() || !path.startsWith(folder) || !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new LoadException(new Failure(
                    "quantise",
                    "missing-file",
                    "external data of '" + tensor + "' at '" + location + "' (expected: a file beside the model)",
                    "Put every file that the model refers to into the package, beside the model."));
        }
        var known = external.get(path);
        if (known == null) {
            try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
                known = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            }
            external.put(path, known);
        }
        try {
            long offset = Long.parseLong(entries.getOrDefault("offset", "0"));
            long length = Long.parseLong(entries.getOrDefault("length", Long.toString(known.byteSize() - offset)));
            return known.asSlice(offset, length);
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new MalformedException(
                    "external data of '" + tensor + "': " + entries + " in a file of " + known.byteSize() + " bytes");
        }
    }

    static float value(MemorySegment values, long index) {
        return values.get(FLOAT_LITTLE, index * Float.BYTES);
    }

    private static final ValueLayout.OfFloat FLOAT_LITTLE =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(java.nio.ByteOrder.LITTLE_ENDIAN);
}
