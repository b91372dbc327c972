package io.presage.worker.baked;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class DjlModelTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void putFilesIntoTheFolder() throws Exception {
        Files.writeString(folder.resolve("net.onnx"), "-");
        Files.writeString(folder.resolve("synset.txt"), "cat\n dog \n\n");
    }

    private static DjlProperties bind(Map<String, String> keys) {
        return new Binder(new MapConfigurationPropertySource(keys)).bindOrCreate("djl", DjlProperties.class);
    }

    private BakedInModel model(String... keysAndValues) {
        var keys = new HashMap<String, String>();
        keys.put("djl.urls", folder.toUri().toString());
        for (int i = 0; i < keysAndValues.length; i += 2) {
            keys.put("djl." + keysAndValues[i], keysAndValues[i + 1]);
        }
        return DjlModel.of(bind(keys));
    }

    @Test
    void defaults() {
        assertThat(bind(Map.of()))
                .hasToString(
                        "DjlProperties[applicationType=, inputClass=, outputClass=, modelArtifactId=, urls=[], "
                                + "translatorFactory=, arguments={}, modelFilter={}, engine=, groupId=, modelName=, progress=true]");
        assertThat(bind(Map.of()).isGiven()).isFalse();
    }

    @Test
    void bindsEveryKey() {
        var keys = new HashMap<String, String>();
        keys.put("djl.application-type", "OBJECT_DETECTION");
        keys.put("djl.input-class", "java.awt.image.BufferedImage");
        keys.put("djl.output-class", "ai.djl.modality.cv.output.DetectedObjects");
        keys.put("djl.model-artifact-id", "ai.djl.onnxruntime:ssd");
        keys.put("djl.urls", "file:/models");
        keys.put("djl.translator-factory", "a.Factory");
        keys.put("djl.arguments.threshold", "0.5");
        keys.put("djl.model-filter.size", "512");
        keys.put("djl.engine", "PyTorch");
        keys.put("djl.group-id", "ai.djl");
        keys.put("djl.model-name", "ssd");
        keys.put("djl.progress", "false");
        assertThat(bind(keys))
                .hasToString("DjlProperties[applicationType=OBJECT_DETECTION, inputClass=java.awt.image.BufferedImage, "
                        + "outputClass=ai.djl.modality.cv.output.DetectedObjects, modelArtifactId=ai.djl.onnxruntime:ssd, "
                        + "urls=[file:/models], translatorFactory=a.Factory, arguments={threshold=0.5}, "
                        + "modelFilter={size=512}, engine=PyTorch, groupId=ai.djl, modelName=ssd, progress=false]");
    }

    @Test
    void classification_takesArgumentsAndSynset() {
        var model = model(
                "application-type", "IMAGE_CLASSIFICATION",
                "model-name", "net",
                "engine", "PyTorch",
                "arguments.width", "224",
                "arguments.height", "192",
                "arguments.applySoftmax", "true",
                "arguments.normalize", "0.5,0.5,0.5,0.1,0.2,0.4");
        assertThat(model.name()).isEqualTo("net");
        assertThat(model.path()).isEqualTo(folder);
        assertThat(model.manifest())
                .contains("\"task\":\"image-classification\",\"engine\":\"torchscript\",\"model\":\"net.onnx\",")
                .contains("\"labels\":[\"cat\",\"dog\"]")
                .contains("\"width\":224")
                .contains("\"height\":192")
                .contains("\"softmax\":true")
                .contains("\"mean\":[127.5]")
                .contains("\"std\":[25.5,51.0,102.0]");
    }

    @Test
    void task_isFoundFromTheClasses() {
        assertThat(model("output-class", "ai.djl.modality.cv.output.DetectedObjects", "arguments.threshold", "0.25")
                        .manifest())
                .contains("\"task\":\"object-detection\"")
                .contains("\"detection\":{\"scoreMin\":0.25}");
        assertThat(model("input-class", "java.lang.String", "output-class", "[F", "arguments.maxLength", "64")
                        .manifest())
                .contains("\"task\":\"text-embedding\"")
                .contains("\"text\":{\"tokensMax\":64}");
        assertThat(model("input-class", "ai.djl.ndarray.NDList").manifest()).contains("\"task\":\"tensor\"");
        assertThat(model().manifest()).contains("\"task\":\"tensor\"");
    }

    @Test
    void name_isTheModelNames_orTheArtifacts_orTheFiles() {
        assertThat(model("model-artifact-id", "ai.djl.onnxruntime:ssd").name()).isEqualTo("ssd");
        assertThat(model().name()).isEqualTo(folder.getFileName().toString());
        assertThat(model("urls", folder.resolve("net.onnx").toString()).name()).isEqualTo("net");
    }

    @Test
    void whatCannotBeDone_isRefusedByItsKey() throws Exception {
        assertThatThrownBy(() -> model("urls", "https://example.org/ssd.zip"))
                .hasMessage(
                        "djl.urls: https://example.org/ssd.zip (expected: a file: URL or a path: nothing is fetched "
                                + "at run time)");
        assertThatThrownBy(() -> model("model-filter.size", "512"))
                .hasMessageStartingWith("djl.model-filter: {size=512}");
        assertThatThrownBy(() -> model("translator-factory", "a.Factory"))
                .hasMessageStartingWith("djl.translator-factory: a.Factory");
        assertThatThrownBy(() -> model("application-type", "POSE_ESTIMATION"))
                .hasMessageStartingWith("djl.application-type: POSE_ESTIMATION (expected: IMAGE_CLASSIFICATION or");
        assertThatThrownBy(() -> model("engine", "MXNet")).hasMessageStartingWith("djl.engine: MXNet");
        assertThatThrownBy(() -> model("arguments.centerCrop", "true"))
                .hasMessageStartingWith("djl.arguments.centerCrop: true");
        assertThatThrownBy(() -> model("arguments.threshold", "0.5"))
                .hasMessageStartingWith("djl.arguments: [scoreMin]");
        assertThatThrownBy(() -> model(
                        "application-type", "IMAGE_CLASSIFICATION",
                        "output-class", "ai.djl.modality.cv.output.DetectedObjects"))
                .hasMessageContaining("classes that go with application-type IMAGE_CLASSIFICATION");
        Files.writeString(folder.resolve("model.yaml"), "task: tensor");
        assertThatThrownBy(() -> model("application-type", "IMAGE_CLASSIFICATION"))
                .hasMessageContaining("belong into that");
    }
}
