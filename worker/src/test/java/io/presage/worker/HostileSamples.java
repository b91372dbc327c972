package io.presage.worker;

import io.presage.worker.engine.onnx.HostileModels;
import io.presage.worker.engine.onnx.OnnxModelBuilder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Packages whose model is well, and whose samples or tokenizer are not.
final class HostileSamples {
    private static final String INVALID = "invalid-sample";
    private static final String FAILED = "sample-failed";
    private static final String X = "{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[1,3],\"data\":[1,2,3]}";
    private static final String REQUEST = "{\"inputs\":[" + X + "]}";

    private final List<HostileFile> files = new ArrayList<>();

    private HostileSamples() {}

    static List<HostileFile> all() throws Exception {
        var all = new HostileSamples();
        all.requests();
        all.responses();
        all.tokenizers();
        return all.files;
    }

    private void request(String name, String request, String phase, String... causes) throws Exception {
        add("sample: " + name, Map.of("samples/a.request.json", request), phase, causes);
    }

    private void add(String name, Map<String, String> texts, String phase, String... causes) throws Exception {
        add(name, OnnxModelBuilder.twice(3), texts, phase, causes);
    }

    private void add(String name, byte[] model, Map<String, String> texts, String phase, String... causes)
            throws Exception {
        var all = new LinkedHashMap<String, byte[]>();
        all.put("m.onnx", model);
        for (var text : texts.entrySet()) {
            all.put(text.getKey(), text.getValue().getBytes(StandardCharsets.UTF_8));
        }
        files.add(HostileFile.of(name, WorkerTest.zip(all), phase, causes));
    }

    private void requests() throws Exception {
        request("not JSON", "{", "samples", INVALID);
        request("empty", "", "samples", INVALID);
        request("lists, 100,000 deep", "[".repeat(100_000), "samples", INVALID);
        request("inputs, 100,000 deep", "{\"inputs\":" + "[".repeat(100_000), "samples", INVALID);
        request(
                "data, 100,000 deep",
                REQUEST.replace("[1,2,3]", "[".repeat(100_000) + "]".repeat(100_000)),
                "samples",
                INVALID);
        request(
                "a number of a million digits",
                REQUEST.replace("[1,2,3]", "[" + "9".repeat(1_000_000) + ",2,3]"),
                "samples",
                INVALID,
                "warm-up");
        request("a shape of 2^62", REQUEST.replace("[1,3]", "[4611686018427387904,3]"), "samples", INVALID);
        request(
                "a shape that overflows to 3",
                REQUEST.replace("[1,3]", "[4294967296,4294967296,3]"),
                "samples",
                INVALID);
        request("a shape below zero", REQUEST.replace("[1,3]", "[-1,3]"), "samples", INVALID);
        request("rank 1,000", REQUEST.replace("[1,3]", "[" + "1,".repeat(999) + "3]"), "samples", INVALID);
        request("fewer numbers than the shape", REQUEST.replace("[1,3]", "[1000000,3]"), "samples", INVALID);
        request("one input twice", "{\"inputs\":[" + X + "," + X + "]}", "samples", INVALID, FAILED);
        request("another input", REQUEST.replace("\"x\"", "\"z\""), "warm-up", FAILED);
        request("another type", REQUEST.replace("FP32", "INT64"), "warm-up", FAILED);
        request("another shape", REQUEST.replace("[1,3]", "[3,1]"), "warm-up", FAILED);
        request("a type that there is not", REQUEST.replace("FP32", "FP7"), "samples", INVALID);
        request(
                "binary data that is not there",
                REQUEST.replace("\"data\":[1,2,3]", "\"parameters\":{\"binary_data_size\":1099511627776}"),
                "samples",
                INVALID);
        request("an unpaired surrogate", REQUEST.replace("\"x\"", "\"\\ud800\""), "samples", INVALID, FAILED);
        var many = new LinkedHashMap<String, String>();
        for (int i = 0; i < 33; i++) {
            many.put("samples/" + i + ".request.json", REQUEST);
        }
        add("sample: thirty-three", many, "samples", INVALID);
    }

    private void responses() throws Exception {
        for (var response : Map.of(
                        "not JSON", "{",
                        "deep", "{\"outputs\":" + "[".repeat(100_000),
                        "of a shape of 2^62",
                                "{\"model_name\":\"m\",\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\","
                                        + "\"shape\":[4611686018427387904],\"data\":[1]}]}")
                .entrySet()) {
            add(
                    "sample: an answer, " + response.getKey(),
                    Map.of("samples/a.request.json", REQUEST, "samples/a.response.json", response.getValue()),
                    "samples",
                    INVALID);
        }
        add(
                "sample: another answer",
                Map.of(
                        "samples/a.request.json",
                        REQUEST,
                        "samples/a.response.json",
                        "{\"model_name\":\"m\",\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[1,3],"
                                + "\"data\":[2,4,7]}]}"),
                "samples",
                "sample-mismatch");
    }

    private void tokenizer(String name, String json, String... causes) throws Exception {
        add(
                "tokenizer: " + name,
                HostileModels.embedding(),
                Map.of("model.yaml", "task: text-embedding", "tokenizer.json", json),
                "load",
                causes);
    }

    private void tokenizers() throws Exception {
        var corrupt = "corrupt-tokenizer";
        tokenizer("not JSON", "{", corrupt);
        tokenizer("empty", "", corrupt);
        tokenizer("no model", "{}", corrupt);
        tokenizer("lists, 100,000 deep", "[".repeat(100_000), corrupt);
        tokenizer(
                "a normalizer of normalizers, 2,000 deep",
                words("{\"type\":\"Sequence\",\"normalizers\":[".repeat(2000) + "]}".repeat(2000)),
                corrupt);
        tokenizer("a model of another kind", "{\"version\":\"1.0\",\"model\":{\"type\":\"Evil\"}}", corrupt);
        tokenizer("an expression that is none", words(split("(((")), corrupt);
        tokenizer(
                "an expression that repeats a million times a million",
                words(split("((a{1,1000}){1,1000}){1,1000}")),
                corrupt);
        tokenizer(
                "an expression of 100,000 groups",
                words(split("(".repeat(100_000) + "a" + ")".repeat(100_000))),
                corrupt);
        tokenizer("an expression of 5,000 classes", words(split("[a".repeat(5000) + "]".repeat(5000))), corrupt);
        tokenizer("an expression that backtracks without end", words(split("(a*)*(a*)*(a*)*c$")), corrupt);
        tokenizer("an expression that backtracks long", words(split("a*a*a*c")), corrupt);
        tokenizer(
                "replacements of replacements",
                words("{\"type\":\"Sequence\",\"normalizers\":["
                        + "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aaaaaaaaaaaaaaaaaaaa\"},"
                                .repeat(5)
                        + "{\"type\":\"Lowercase\"}]}"),
                corrupt);
        for (var map : new String[] {"", "!!", "AAAA", "/////wECAwQFBg==", "BAAAAAD/////", "BAQAAP////8AAAAA"}) {
            tokenizer(
                    "a map of characters '" + map + "'",
                    words("{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"" + map + "\"}"),
                    corrupt);
        }
        var template = "{\"type\":\"TemplateProcessing\",\"single\":[%s],\"pair\":[],\"special_tokens\":{%s}}";
        var token = "{\"SpecialToken\":{\"id\":\"[X]\",\"type_id\":0}}";
        tokenizer("a template of a token that there is not", after(template.formatted(token, "")), corrupt);
        tokenizer(
                "a template of a token without ids",
                after(template.formatted(token, "\"[X]\":{\"id\":\"[X]\",\"ids\":[],\"tokens\":[\"[X]\"]}")),
                corrupt);
        tokenizer(
                "a template of a second text",
                after(template.formatted("{\"Sequence\":{\"id\":\"B\",\"type_id\":0}}", "")),
                corrupt);
        tokenizer(
                "pieces of length zero",
                words("null")
                        .replace("\"pre_tokenizer\":null", "\"pre_tokenizer\":{\"type\":\"FixedLength\",\"length\":0}"),
                corrupt);
        tokenizer(
                "merges without their prefix",
                words("null")
                        .replace(
                                "\"type\":\"WordLevel\"",
                                "\"type\":\"BPE\",\"continuing_subword_prefix\":\"###\",\"merges\":[\"a b\"]"),
                corrupt);
        tokenizer("ids beyond 32 bits", words("null").replace("\"a\":1", "\"a\":99999999999"), corrupt);
        add(
                "tokenizer: outside of the package",
                HostileModels.embedding(),
                Map.of("model.yaml", "task: text-embedding\ntext: {tokenizer: ../../../../etc/hosts}"),
                "load",
                "missing-file");
        add(
                "tokenizer: none",
                HostileModels.embedding(),
                Map.of("model.yaml", "task: text-embedding"),
                "load",
                "missing-file");
        add(
                "tokenizer: for a model without tokens",
                Map.of("model.yaml", "task: text-embedding", "tokenizer.json", words("null")),
                "signature",
                "task-mismatch");
    }

    private static String split(String expression) {
        return "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"" + expression + "\"},\"content\":\"\"}";
    }

    private static String after(String processor) {
        return words("null").replace("\"post_processor\":null", "\"post_processor\":" + processor);
    }

    private static String words(String normalizer) {
        return "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],\"normalizer\":"
                + normalizer
                + ",\"pre_tokenizer\":null,\"post_processor\":null,\"decoder\":null,"
                + "\"model\":{\"type\":\"WordLevel\",\"vocab\":{\"[UNK]\":0,\"a\":1},\"unk_token\":\"[UNK]\"}}";
    }
}
