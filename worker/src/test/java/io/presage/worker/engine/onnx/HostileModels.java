package io.presage.worker.engine.onnx;

import static io.presage.worker.engine.onnx.OnnxModelBuilder.BOOL;
import static io.presage.worker.engine.onnx.OnnxModelBuilder.FLOAT;
import static io.presage.worker.engine.onnx.OnnxModelBuilder.INT64;
import static io.presage.worker.engine.onnx.ProtoWriter.attribute;
import static io.presage.worker.engine.onnx.ProtoWriter.external;
import static io.presage.worker.engine.onnx.ProtoWriter.function;
import static io.presage.worker.engine.onnx.ProtoWriter.graph;
import static io.presage.worker.engine.onnx.ProtoWriter.graphAttribute;
import static io.presage.worker.engine.onnx.ProtoWriter.longs;
import static io.presage.worker.engine.onnx.ProtoWriter.message;
import static io.presage.worker.engine.onnx.ProtoWriter.model;
import static io.presage.worker.engine.onnx.ProtoWriter.node;
import static io.presage.worker.engine.onnx.ProtoWriter.tensor;
import static io.presage.worker.engine.onnx.ProtoWriter.tensorAttribute;
import static io.presage.worker.engine.onnx.ProtoWriter.valueInfo;

import io.presage.worker.HostileFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// ONNX files that lie, expand, refer elsewhere, or never end.
public final class HostileModels {
    private static final String CORRUPT = "corrupt-model";
    private static final String UNSAFE = "unsafe-model";
    private static final long[] ONE = {1};

    private final List<HostileFile> files = new ArrayList<>();

    private HostileModels() {}

    /// One vector of one number for each token: its id. A model for the task `text-embedding`.
    public static byte[] embedding() {
        return model(message()
                        .nodes(node("Cast", "input_ids", "f", attribute("to", FLOAT)), node("Unsqueeze", "f axes", "y"))
                        .initializer(longs("axes", 2))
                        .message(11, valueInfo("input_ids", INT64, -1, -1))
                        .message(11, valueInfo("attention_mask", INT64, -1, -1))
                        .message(12, valueInfo("y", FLOAT, -1, -1, 1)))
                .bytes();
    }

    /// Loads, and then never answers.
    public static byte[] endless() {
        var body = message()
                .nodes(node("Identity", "go", "again"), node("Neg", "state", "next"))
                .message(11, valueInfo("i", INT64))
                .message(11, valueInfo("go", BOOL))
                .message(11, valueInfo("state", FLOAT, -1, 3))
                .message(12, valueInfo("again", BOOL))
                .message(12, valueInfo("next", FLOAT, -1, 3));
        return model(graph(node("Loop", "_ go x", "y", graphAttribute("body", body)))
                        .initializer(message().number(2, BOOL).text(8, "go").block(9, new byte[] {1})))
                .bytes();
    }

    public static List<HostileFile> all() {
        var all = new HostileModels();
        all.lengths();
        all.externalData();
        all.tensors();
        all.shapes();
        all.expanding();
        all.structure();
        all.operators();
        return all.files;
    }

    private void add(String name, byte[] bytes, String... causes) {
        files.add(HostileFile.of("onnx: " + name, bytes, "load", causes));
    }

    private void add(String name, ProtoWriter model, String... causes) {
        add(name, model.bytes(), causes);
    }

    private static ProtoWriter identity() {
        return node("Identity", "x", "y");
    }

    /// A model whose only fault is this initializer.
    private static ProtoWriter with(ProtoWriter initializer) {
        return model(graph(identity()).initializer(initializer));
    }

    private void lengths() {
        var whole = OnnxModelBuilder.twice(3);
        add("cut off in the graph", Arrays.copyOf(whole, whole.length / 2), CORRUPT);
        add("cut off by one byte", Arrays.copyOf(whole, whole.length - 1), CORRUPT);
        add("a graph of 2^62 bytes", message().number(1, 8).claim(7, 1L << 62), CORRUPT);
        add("a graph of 2^63 bytes", message().number(1, 8).claim(7, Long.MIN_VALUE), CORRUPT);
        add("a graph of -1 bytes", message().number(1, 8).claim(7, -1), CORRUPT);
        add("a name of 2^31 bytes", model(message().claim(2, 1L << 31)), CORRUPT);
        add(
                "a number of eleven bytes",
                message().number(1, 8).text(2, "a").raw(new byte[] {0x20, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1}),
                CORRUPT);
        add("a field numbered zero", model(graph(identity())).raw((byte) 2, (byte) 0), CORRUPT);
        add("a group that never ends", model(graph(identity())).raw((byte) 0x4b), CORRUPT);
        add("a name of a megabyte", model(graph(node("Identity", "x", "y".repeat(1 << 20)))), CORRUPT);
        add("no graph", message().number(1, 8).text(2, "test").opset("", 17), CORRUPT);
        add("two graphs", model(graph(identity())).message(7, graph(identity())), CORRUPT);
        add("an empty graph", model(message()), CORRUPT, "unsupported-signature");
        add("a graph that is a number", message().number(1, 8).number(7, 5).opset("", 17), CORRUPT);
    }

    private void externalData() {
        var dims = new long[] {3};
        for (var location : new String[] {
            "../secret",
            "a/../../secret",
            "/etc/passwd",
            "",
            "\\\\host\\share",
            "C:\\secret",
            "..",
            "a/..",
            "*/_ORT_MEM_ADDR_/*",
            "file:///etc/passwd"
        }) {
            add("data at '" + location + "'", with(external("w", dims, "location", location)), "unsafe-package");
        }
        add("data at a name with a NUL", with(external("w", dims, "location", "a\0b")), "unsafe-package");
        add("data that is not there", with(external("w", dims, "location", "weights.bin")), "missing-file");
        add("data in a name too long", with(external("w", dims, "location", "a".repeat(3000))), "missing-file");
        add("data in the folder itself", with(external("w", dims, "location", ".")), "missing-file");
        add("data that is not named", with(external("w", dims, "offset", "0")), CORRUPT);
        add("data in two files", with(external("w", dims, "location", "a", "location", "../b")), CORRUPT);
        add(
                "data at offset 2^62",
                with(external("w", dims, "location", "model.onnx", "offset", "4611686018427387904")),
                CORRUPT);
        add("data at offset -1", with(external("w", dims, "location", "model.onnx", "offset", "-1")), CORRUPT);
        add(
                "data at offset 2^64",
                with(external("w", dims, "location", "model.onnx", "offset", "18446744073709551616")),
                CORRUPT);
        add("data at a text", with(external("w", dims, "location", "model.onnx", "offset", "0x10")), CORRUPT);
        add("data of another length", with(external("w", dims, "location", "model.onnx", "length", "16")), CORRUPT);
        add("data beyond the file", with(external("w", new long[] {1 << 20}, "location", "model.onnx")), CORRUPT);
        add("data of a terabyte", with(external("w", new long[] {1L << 38}, "location", "model.onnx")), CORRUPT);
        add(
                "data in a constant's value",
                model(graph(
                        node("Constant", "", "y", tensorAttribute("value", external("v", dims, "location", "../v"))))),
                "unsafe-package");
        var branch = message()
                .nodes(node("Identity", "w", "z"))
                .initializer(external("w", dims, "location", "../w"))
                .message(12, valueInfo("z", FLOAT, 3));
        add(
                "data in a branch",
                model(graph(node(
                                "If",
                                "c",
                                "y",
                                graphAttribute("then_branch", branch),
                                graphAttribute("else_branch", branch)))
                        .initializer(tensor("c", BOOL, ONE, new byte[] {1}))),
                "unsafe-package");
        add(
                "data in a function",
                model(graph(node("f", "F", "x", "y")))
                        .opset("f", 1)
                        .message(
                                25,
                                function(
                                        "f",
                                        "F",
                                        "a",
                                        "b",
                                        node(
                                                "Constant",
                                                "",
                                                "b",
                                                tensorAttribute("value", external("v", dims, "location", "../v"))))),
                "unsafe-package");
    }

    private void tensors() {
        add("fewer bytes than the shape", with(tensor("w", FLOAT, new long[] {1000}, new byte[4])), CORRUPT);
        add("more bytes than the shape", with(tensor("w", FLOAT, ONE, new byte[400])), CORRUPT);
        add("no bytes at all", with(message().packed(1, 1000).number(2, FLOAT).text(8, "w")), CORRUPT);
        add("bytes and values", with(tensor("w", INT64, ONE, new byte[8]).packed(7, 5)), CORRUPT);
        add(
                "values in another type's field",
                with(message().packed(1, 2).number(2, FLOAT).text(8, "w").packed(7, 1, 2)),
                CORRUPT);
        add("texts as bytes", with(tensor("w", 8, ONE, new byte[4])), CORRUPT);
        add(
                "texts, fewer than the shape",
                with(message().packed(1, 1 << 30).number(2, 8).text(8, "w").text(6, "a")),
                CORRUPT);
        add("a type that there is not", with(tensor("w", 99, ONE, new byte[4])), CORRUPT);
        add("a type below zero", with(tensor("w", -1, ONE, new byte[4])), CORRUPT);
        add("a dimension of -5", with(tensor("w", FLOAT, new long[] {-5}, new byte[4])), UNSAFE);
        add("a dimension of 2^63", with(tensor("w", FLOAT, new long[] {Long.MIN_VALUE}, new byte[4])), UNSAFE);
        add(
                "dimensions that overflow to 4",
                with(tensor("w", FLOAT, new long[] {1L << 32, (1L << 32) + 1}, new byte[4])),
                UNSAFE);
        add(
                "dimensions that overflow to 0",
                with(tensor("w", FLOAT, new long[] {1L << 32, 1L << 32}, new byte[0])),
                UNSAFE);
        add("seventeen dimensions", with(tensor("w", FLOAT, ones(17), new byte[4])), UNSAFE);
        add("a thousand dimensions", with(tensor("w", FLOAT, ones(1000), new byte[4])), UNSAFE);
        var sparse = message()
                .message(1, longs("w", 1, 2))
                .message(2, longs("i", 0, 1))
                .packed(3, 1L << 40);
        add("a sparse terabyte", model(graph(identity()).message(15, sparse)), UNSAFE);
        var beyond = message()
                .message(1, longs("w", 1, 2))
                .message(2, longs("i", 0, 1000))
                .packed(3, 10);
        add("a sparse element out of range", model(graph(identity()).message(15, beyond)), CORRUPT);
        var negative = message()
                .message(1, longs("w", 1, 2))
                .message(2, longs("i", -8, 1))
                .packed(3, 10);
        add("a sparse element before the first", model(graph(identity()).message(15, negative)), CORRUPT);
    }

    private void shapes() {
        add("an input of rank 17", inputs(valueInfo("x", FLOAT, ones(17))), UNSAFE);
        add("an input of rank 100,000", inputs(valueInfo("x", FLOAT, ones(100_000))), UNSAFE);
        add("an input of 2^62 x 2^62", inputs(valueInfo("x", FLOAT, 1L << 62, 1L << 62)), UNSAFE);
        add("an input of 2^63 - 1", inputs(valueInfo("x", FLOAT, Long.MAX_VALUE)), UNSAFE);
        add("an input of -7", inputs(valueInfo("x", FLOAT, -7)), UNSAFE);
        files.add(HostileFile.of(
                "onnx: an input of 2^47 elements",
                inputs(valueInfo("x", FLOAT, 1L << 47)).bytes(),
                "warm-up",
                "engine-failure"));
        add(
                "an input of any rank",
                inputs(message()
                        .text(1, "x")
                        .message(2, message().message(1, message().number(1, FLOAT)))),
                CORRUPT);
        var deep = message().message(1, message().number(1, FLOAT));
        for (int i = 0; i < 90; i++) {
            deep = message().message(4, message().message(1, deep));
        }
        add("a sequence of sequences, 90 deep", inputs(message().text(1, "x").message(2, deep)), UNSAFE);
        add(
                "an input that is a sequence",
                inputs(message()
                        .text(1, "x")
                        .message(
                                2,
                                message()
                                        .message(
                                                4,
                                                message()
                                                        .message(
                                                                1,
                                                                message()
                                                                        .message(
                                                                                1,
                                                                                message()
                                                                                        .number(1, FLOAT)))))),
                CORRUPT,
                "unsupported-signature");
    }

    private static ProtoWriter inputs(ProtoWriter input) {
        return model(message().nodes(identity()).message(11, input).message(12, valueInfo("y", FLOAT, -1)));
    }

    private void expanding() {
        long tera = 1L << 40;
        add(
                "a constant of 2^40 zeros",
                model(graph(node("ConstantOfShape", "s", "y")).initializer(longs("s", tera))),
                UNSAFE);
        add(
                "a constant of 100 GB",
                model(graph(node("ConstantOfShape", "s", "y")).initializer(longs("s", 5000, 5000, 1000))),
                UNSAFE);
        add(
                "an expanded scalar",
                model(graph(node("Expand", "x s", "y")).initializer(longs("s", 1 << 20, 1 << 20))),
                UNSAFE);
        add("a tiled input", model(graph(node("Tile", "x s", "y")).initializer(longs("s", tera, 1))), UNSAFE);
        add(
                "a range to 2^50",
                model(graph(node("Range", "a b c", "r"), node("Cast", "r", "y", attribute("to", 1)))
                        .initializer(scalar("a", 0))
                        .initializer(scalar("b", 1L << 50))
                        .initializer(scalar("c", 1))),
                UNSAFE);
        add("random numbers, 2^40", model(graph(node("RandomNormal", "", "y", attribute("shape", tera, 1)))), UNSAFE);
        add("padding of 2^40", model(graph(node("Pad", "x s", "y")).initializer(longs("s", 0, 0, tera, tera))), UNSAFE);
        add(
                "a convolution's padding of 2^40",
                model(graph(node("MaxPool", "x", "y", attribute("kernel_shape", 2), attribute("pads", tera, tera)))),
                UNSAFE);
        add(
                "a shape of constants multiplied",
                model(graph(node("Mul", "s s", "t"), node("ConstantOfShape", "t", "y"))
                        .initializer(longs("s", 1 << 20, 1 << 10))),
                UNSAFE);
        add(
                "a shape of constants joined",
                model(graph(node("Concat", "s s", "t", attribute("axis", 0L)), node("ConstantOfShape", "t", "y"))
                        .initializer(longs("s", 1 << 20))),
                UNSAFE);
        add(
                "a shape from a constant node",
                model(graph(
                        node("Constant", "", "s", tensorAttribute("value", longs("v", 1 << 20, 1 << 20))),
                        node("ConstantOfShape", "s", "y"))),
                UNSAFE);
        var nodes = new ProtoWriter[21];
        nodes[20] = identity();
        for (int i = 0; i < 20; i++) {
            nodes[i] = node("ConstantOfShape", "s", "c" + i);
        }
        add("twenty constants of 400 MB", model(graph(nodes).initializer(longs("s", 100_000_000))), UNSAFE);
        var branch = message().nodes(node("ConstantOfShape", "s", "z")).message(12, valueInfo("z", FLOAT, -1));
        add(
                "a constant of 2^40 in a branch",
                model(graph(node(
                                "If",
                                "c",
                                "y",
                                graphAttribute("then_branch", branch),
                                graphAttribute("else_branch", branch)))
                        .initializer(tensor("c", BOOL, ONE, new byte[] {1}))
                        .initializer(longs("s", tera))),
                UNSAFE);
    }

    private static ProtoWriter scalar(String name, long value) {
        return message().number(2, INT64).text(8, name).block(9, longs(value));
    }

    private void structure() {
        var inner = message().nodes(node("Identity", "x", "z")).message(12, valueInfo("z", FLOAT, -1, 3));
        for (int i = 0; i < 40; i++) {
            inner = message()
                    .nodes(node(
                            "If",
                            "c",
                            "z",
                            graphAttribute("then_branch", inner),
                            graphAttribute("else_branch", inner2())))
                    .message(12, valueInfo("z", FLOAT, -1, 3));
        }
        add(
                "branches in branches, 40 deep",
                model(graph(node(
                                "If",
                                "c",
                                "y",
                                graphAttribute("then_branch", inner),
                                graphAttribute("else_branch", inner2())))
                        .initializer(tensor("c", BOOL, ONE, new byte[] {1}))),
                UNSAFE);

        var itself = function("f", "F", "a", "b", node("f", "F", "a", "b"));
        add(
                "a function that calls itself",
                model(graph(node("f", "F", "x", "y"))).opset("f", 1).message(25, itself),
                UNSAFE);
        add(
                "functions that call each other",
                model(graph(node("f", "F", "x", "y")))
                        .opset("f", 1)
                        .message(25, function("f", "F", "a", "b", node("f", "G", "a", "b")))
                        .message(25, function("f", "G", "a", "b", node("f", "F", "a", "b"))),
                UNSAFE);
        var doubling = model(graph(node("f", "F29", "x", "y")))
                .opset("f", 1)
                .message(25, function("f", "F0", "a", "b", node("Neg", "a", "b")));
        for (int i = 1; i < 30; i++) {
            doubling.message(
                    25,
                    function(
                            "f",
                            "F" + i,
                            "a",
                            "b",
                            node("f", "F" + (i - 1), "a", "c"),
                            node("f", "F" + (i - 1), "c", "b")));
        }
        add("functions that double, 2^29 nodes", doubling, UNSAFE);
        var chain = model(graph(node("f", "F99", "x", "y")))
                .opset("f", 1)
                .message(25, function("f", "F0", "a", "b", node("Neg", "a", "b")));
        for (int i = 1; i < 100; i++) {
            chain.message(25, function("f", "F" + i, "a", "b", node("f", "F" + (i - 1), "a", "b")));
        }
        add("functions in functions, 100 deep", chain, UNSAFE);
        add(
                "a function twice",
                model(graph(node("f", "F", "x", "y")))
                        .opset("f", 1)
                        .message(25, function("f", "F", "a", "b", node("Neg", "a", "b")))
                        .message(25, function("f", "F", "a", "b", node("Abs", "a", "b"))),
                CORRUPT);

        var many = new ProtoWriter[200_001];
        Arrays.fill(many, identity());
        add("200,001 nodes", model(graph(many)), UNSAFE);
        var attributes = new ProtoWriter[1000];
        Arrays.setAll(attributes, i -> attribute("a" + i, i));
        add("a node of 1,000 attributes", model(graph(node("Identity", "x", "y", attributes))), UNSAFE);

        add(
                "a cycle",
                model(graph(node("Add", "x b", "a"), node("Add", "x a", "b"), node("Add", "a b", "y"))),
                CORRUPT);
        add("a node that feeds itself", model(graph(node("Add", "x y", "y"))), CORRUPT);
        add("an output twice", model(graph(node("Neg", "x", "y"), node("Abs", "x", "y"))), CORRUPT);
        add("an input that nobody makes", model(graph(node("Add", "x nobody", "y"))), CORRUPT);
        add("an output that nobody makes", model(graph(node("Identity", "x", "z"))), CORRUPT);
        add(
                "a model without an output",
                model(message().nodes(identity()).message(11, valueInfo("x", FLOAT, 3))),
                CORRUPT,
                "unsupported-signature");
        add("an input twice", model(graph(identity()).message(11, valueInfo("x", FLOAT, -1, 3))), CORRUPT);
        add("types that do not fit", model(graph(node("Add", "x s", "y")).initializer(longs("s", 1))), CORRUPT);
    }

    private static ProtoWriter inner2() {
        return message().nodes(node("Identity", "x", "z")).message(12, valueInfo("z", FLOAT, -1, 3));
    }

    private void operators() {
        add("an operator that there is not", model(graph(node("MakeCoffee", "x", "y"))), "unsupported-operator");
        add(
                "an operator of another domain",
                model(graph(node("com.evil", "Run", "x", "y"))).opset("com.evil", 3),
                "unsupported-operator");
        add(
                "an operator of a domain not imported",
                model(graph(node("com.evil", "Run", "x", "y"))),
                "unsupported-operator");
        add(
                "an operator of Python",
                model(graph(node("com.microsoft", "PythonOp", "x", "y"))).opset("com.microsoft", 1),
                "unsupported-operator");
        add(
                "a compiled engine",
                model(graph(node("com.microsoft", "EPContext", "x", "y"))).opset("com.microsoft", 1),
                "unsupported-operator");
        add("opset 9999", message().number(1, 8).message(7, graph(identity())).opset("", 9999), "unsupported-opset");
        add(
                "opset -1",
                message().number(1, 8).message(7, graph(identity())).opset("", -1),
                "unsupported-opset",
                CORRUPT);
        add("no opset", message().number(1, 8).message(7, graph(identity())), "unsupported-opset", CORRUPT);
        add(
                "IR version 60",
                message().number(1, 60).message(7, graph(identity())).opset("", 17),
                "unsupported-opset");
    }

    private static long[] ones(int count) {
        var ones = new long[count];
        Arrays.fill(ones, 1);
        return ones;
    }
}
