package io.presage.worker.derivation;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.contract.state.DesiredState.Derivation;
import io.presage.worker.artifacts.ArtifactCache;
import io.presage.worker.engine.onnx.OnnxEngine;
import io.presage.worker.versions.MemoryBudget;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The quantiser on a real model, all-MiniLM-L6-v2 in FP32, 90 MB.
class MiniLmInt8Test {
    private static final List<String> SENTENCES = List.of(
            "A cat sleeps on the sofa",
            "The stock market fell sharply today after the announcement",
            "Wie geht es dir?",
            "def main(args): return 42",
            "Inference platforms pack many models into one process and keep each of them honest about its memory.",
            "The quick brown fox jumps over the lazy dog");

    private static void copy(String resource, ZipOutputStream zip, String name) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        try (var in = Objects.requireNonNull(MiniLmInt8Test.class.getResourceAsStream("/" + resource), resource)) {
            in.transferTo(zip);
        }
    }

    private static void text(ZipOutputStream zip, String name, String text) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void embeddings_pointTheSameWay_fromAQuarterOfTheBytes(@TempDir Path directory) throws Exception {
        var original = directory.resolve("original");
        var digest = MessageDigest.getInstance("SHA-256");
        try (var zip = new ZipOutputStream(new DigestOutputStream(Files.newOutputStream(original), digest))) {
            zip.setLevel(Deflater.NO_COMPRESSION);
            copy("all-minilm-l6-v2.onnx", zip, "model.onnx");
            copy("all-minilm-l6-v2-tokenizer.json", zip, "tokenizer.json");
            text(zip, "model.yaml", "task: text-embedding\n");
            for (int i = 0; i < SENTENCES.size(); i++) {
                text(
                        zip,
                        "samples/" + i + ".request.json",
                        "{\"inputs\": [{\"name\": \"text\", \"shape\": [1], \"datatype\": \"BYTES\", \"data\": [\""
                                + SENTENCES.get(i) + "\"]}]}");
            }
        }
        var cache = new ArtifactCache(
                directory.resolve("cache"), 1L << 30, _ -> Files.newInputStream(original), () -> Instant.EPOCH);
        var maker = new SiblingMaker(cache, new OnnxEngine(), new MemoryBudget(1L << 30)::reserve);
        var derivation = new Derivation(
                "d1",
                "minilm",
                2,
                HexFormat.of().formatHex(digest.digest()),
                Files.size(original),
                Derivation.INT8_DYNAMIC);

        var made = maker.make(derivation, Files.createDirectory(directory.resolve("work")));

        var derived = made.derived();
        assertThat(derived.originalModelBytes()).isEqualTo(90_387_606);
        // A quarter, and one scale a column or row.
        assertThat(derived.derivedModelBytes()).isBetween(22_500_000L, 23_500_000L);
        assertThat(derived.weights()).isEqualTo(38);
        assertThat(derived.answers().samples()).isEqualTo(SENTENCES.size());
        assertThat(derived.answers().madeUp()).isFalse();
        assertThat(derived.answers().minCosine()).isGreaterThan(0.985);
        assertThat(derived.answers().maxAbsDifference()).isLessThan(0.05);
        assertThat(derived.answers().topClassChanged()).isNull();
    }
}
