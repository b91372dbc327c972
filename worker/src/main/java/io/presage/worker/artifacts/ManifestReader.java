package io.presage.worker.artifacts;

import io.presage.contract.infer.DataType;
import io.presage.contract.infer.Shape;
import io.presage.contract.infer.Signature;
import io.presage.contract.infer.TensorSpec;
import io.presage.worker.artifacts.Manifest.Audio;
import io.presage.worker.artifacts.Manifest.Batching;
import io.presage.worker.artifacts.Manifest.Detection;
import io.presage.worker.artifacts.Manifest.Image;
import io.presage.worker.artifacts.Manifest.Samples;
import io.presage.worker.artifacts.Manifest.Text;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/// Reads `model.yaml`. Nothing in it makes an object other than maps, lists, strings, numbers and booleans;
/// what it does not know, or what is out of range, is refused by name.
final class ManifestReader {
    private static final int BYTES_MAX = 1 << 20;
    private static final int LABELS_MAX = 100_000;
    private static final int TENSORS_MAX = 1000;

    private ManifestReader() {}

    static Manifest read(Path file) throws PackageException, IOException {
        if (Files.size(file) > BYTES_MAX) {
            throw invalid("model.yaml: " + Files.size(file) + " bytes (expected: at most " + BYTES_MAX + ")");
        }
        try {
            return read(Files.readString(file));
        } catch (CharacterCodingException e) {
            throw invalid("model.yaml: not UTF-8");
        }
    }

    static Manifest read(String yaml) throws PackageException {
        var options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(10);
        options.setNestingDepthLimit(20);
        options.setCodePointLimit(BYTES_MAX);
        Object document;
        try {
            document = new Yaml(new SafeConstructor(options)).load(yaml);
        } catch (YAMLException e) {
            throw invalid("model.yaml: " + e.getMessage());
        }
        if (document == null) {
            return Manifest.DEFAULT;
        }
        try {
            return manifest(YamlMembers.of("", document));
        } catch (YamlMembers.InvalidMemberException e) {
            throw invalid("model.yaml: " + e.detail());
        }
    }

    private static Manifest manifest(YamlMembers root) throws YamlMembers.InvalidMemberException {
        var d = Manifest.DEFAULT;
        var manifest = new Manifest(
                root.string("task", d.task()),
                root.optionalString("model"),
                root.optionalOneOf("engine", "onnxruntime", "torchscript", "tensorflow", "xgboost", "lightgbm"),
                root.strings("labels", LABELS_MAX),
                root.oneOf("device", d.device(), "cpu", "gpu", "any"),
                root.oneOf("profile", d.profile(), "throughput", "latency"),
                root.integer("instances", d.instances(), 0, 64),
                root.integer("intraOpThreads", d.intraOpThreads(), 0, 256),
                batching(root.members("batching")),
                text(root.members("text")),
                image(root.members("image")),
                detection(root.members("detection")),
                audio(root.members("audio")),
                samples(root.members("samples")),
                signature(root));
        root.checkAllRead();
        return manifest;
    }

    private static Batching batching(YamlMembers members) throws YamlMembers.InvalidMemberException {
        var d = Batching.DEFAULT;
        var batching = new Batching(
                members.integer("rowsMax", d.rowsMax(), 1, 4096),
                members.integer("tokensMax", d.tokensMax(), 1, 4 << 20),
                members.integer("bytesMax", (int) d.bytesMax(), 1, 1 << 30),
                members.integer("queueRowsMax", d.queueRowsMax(), 1, 65_536),
                members.integer("windowMicros", d.windowMicros(), -1, 1_000_000));
        members.checkAllRead();
        return batching;
    }

    private static Text text(YamlMembers members) throws YamlMembers.InvalidMemberException {
        var d = Text.DEFAULT;
        var text = new Text(
                members.string("tokenizer", d.tokenizer()),
                members.integer("tokensMax", d.tokensMax(), 1, 65_536),
                members.oneOf("pooling", d.pooling(), "mean", "cls"),
                members.bool("normalize", d.normalize()));
        members.checkAllRead();
        return text;
    }

    private static Image image(YamlMembers members) throws YamlMembers.InvalidMemberException {
        var d = Image.DEFAULT;
        var image = new Image(
                members.integer("width", d.width(), 1, 8192),
                members.integer("height", d.height(), 1, 8192),
                members.oneOf("layout", d.layout(), "NCHW", "NHWC", "FLAT"),
                members.oneOf("channels", d.channels(), "RGB", "BGR", "GRAY"),
                members.numbers("mean", d.mean(), 1, 3, -1e6, 1e6),
                members.numbers("std", d.std(), 1, 3, 1e-9, 1e6),
                members.oneOf("resize", d.resize(), "stretch", "letterbox"),
                members.bool("softmax", d.softmax()));
        members.checkAllRead();
        return image;
    }

    private static Detection detection(YamlMembers members) throws YamlMembers.InvalidMemberException {
        var d = Detection.DEFAULT;
        var detection = new Detection(
                members.string("anchors", d.anchors()),
                members.number("scoreMin", d.scoreMin(), 0, 1),
                members.number("iouMax", d.iouMax(), 0, 1));
        members.checkAllRead();
        return detection;
    }

    private static Audio audio(YamlMembers members) throws YamlMembers.InvalidMemberException {
        var d = Audio.DEFAULT;
        var audio = new Audio(
                members.integer("sampleRate", d.sampleRate(), 1000, 384_000),
                members.integer("frameSamples", d.frameSamples(), 1, 1 << 20),
                members.integer("contextSamples", d.contextSamples(), 0, 1 << 20));
        members.checkAllRead();
        return audio;
    }

    private static Samples samples(YamlMembers members) throws YamlMembers.InvalidMemberException {
        var samples = new Samples(members.number("tolerance", Samples.DEFAULT.tolerance(), 0, 1e9));
        members.checkAllRead();
        return samples;
    }

    private static @Nullable Signature signature(YamlMembers root) throws YamlMembers.InvalidMemberException {
        if (!root.has("signature")) {
            return null;
        }
        var members = root.members("signature");
        var inputs = tensors(members, "inputs");
        var outputs = tensors(members, "outputs");
        members.checkAllRead();
        var isBatchable = Stream.concat(inputs.stream(), outputs.stream())
                .allMatch(tensor -> !tensor.shape().isEmpty() && tensor.shape().getFirst() == -1);
        return new Signature(inputs, outputs, isBatchable);
    }

    private static List<TensorSpec> tensors(YamlMembers signature, String name)
            throws YamlMembers.InvalidMemberException {
        var types = Stream.of(DataType.values()).map(Enum::name).toArray(String[]::new);
        var tensors = new ArrayList<TensorSpec>();
        var names = new HashSet<String>();
        for (var members : signature.list(name, TENSORS_MAX)) {
            var tensor = members.requiredString("name");
            if (!names.add(tensor)) {
                throw members.wrong("name", tensor, "each name once");
            }
            var type = DataType.valueOf(members.oneOf("datatype", "", types));
            tensors.add(new TensorSpec(tensor, type, members.dims("shape", Shape.RANK_MAX)));
            members.checkAllRead();
        }
        return tensors;
    }

    private static PackageException invalid(String evidence) {
        return PackageException.refused(
                "unpack",
                "invalid-manifest",
                evidence,
                "Correct model.yaml; docs/model-package.md lists every member.");
    }
}
