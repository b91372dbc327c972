package io.presage.standalone.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.standalone.demo.ControlApi.Version;
import io.presage.standalone.demo.DemoModel.ModelFile;
import io.presage.standalone.demo.DemoModel.NpmSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoLoaderTest {
    private static final DemoModel TUMOUR = new DemoModel("tumour", "tumours", null, List.of());
    private static final DemoModel FROM_NPM = new DemoModel(
            "faces",
            "faces",
            new NpmSource("pack", "1", "0".repeat(64)),
            List.of(new ModelFile("package/a.onnx", "model.onnx", null)));

    @TempDir
    Path folder;

    private final FakeControlApi api = new FakeControlApi();
    private DemoPackages packages;

    @BeforeEach
    void withoutNpm() {
        packages = new DemoPackages(
                new NpmStore(folder, folder.resolve("no-such-npm").toString()));
    }

    @Test
    void load_emptyRegistry_uploadsAndPromotes() throws Exception {
        assertThat(load(TUMOUR)).containsExactly(new DemoOutcome.Loaded("tumour", "tumours"));
        assertThat(api.calls).containsExactly("create tumour", "upload tumour", "promote tumour/1");
        try (var left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void load_again_changesNothing() throws Exception {
        load(TUMOUR);
        api.calls.clear();
        assertThat(load(TUMOUR)).containsExactly(new DemoOutcome.Present("tumour", "tumours"));
        assertThat(api.calls).isEmpty();
    }

    @Test
    void load_anotherActiveVersion_leavesItActive() throws Exception {
        load(TUMOUR);
        api.versions.computeIfPresent("tumour", (_, versions) -> {
            versions.add(new Version(2, "READY", "f".repeat(64), null));
            return versions;
        });
        api.promote("tumour", 2);
        api.calls.clear();
        assertThat(load(TUMOUR)).containsExactly(new DemoOutcome.Present("tumour", "tumours"));
        assertThat(api.active).containsEntry("tumour", 2);
    }

    @Test
    void load_uploadedButNeverPromoted_promotes() throws Exception {
        load(TUMOUR);
        api.active.clear();
        api.calls.clear();
        assertThat(load(TUMOUR)).containsExactly(new DemoOutcome.Present("tumour", "tumours"));
        assertThat(api.calls).containsExactly("promote tumour/1");
    }

    @Test
    void load_rejected_saysWhy() throws Exception {
        api.rejected.add("tumour");
        assertThat(load(TUMOUR))
                .containsExactly(new DemoOutcome.LeftOut("tumour", "was rejected: corrupt-model: cut off"));
    }

    @Test
    void load_sourceThatCannotBeHad_leavesItOutAndGoesOn() throws Exception {
        assertThat(load(FROM_NPM, TUMOUR))
                .containsExactly(
                        new DemoOutcome.LeftOut("faces", "npm is not on the PATH (install Node.js, then start again)"),
                        new DemoOutcome.Loaded("tumour", "tumours"));
    }

    @Test
    void load_sourceThatCannotBeHadAnyMore_keepsWhatIsThere() throws Exception {
        api.promote("faces", 1);
        assertThat(load(FROM_NPM)).containsExactly(new DemoOutcome.Present("faces", "faces"));
    }

    @Test
    void catalogue_hasEveryModelWithItsSampleOnTheClassPath() throws Exception {
        assertThat(Catalogue.read().stream().map(DemoModel::name))
                .containsExactly("tumour", "digits", "minilm", "faces", "voice-activity");
        for (var model : Catalogue.read()) {
            for (var name : List.of("model.yaml", "samples/" + model.name() + ".request.json")) {
                assertThat(getClass().getResource("/examples/models/" + model.name() + "/" + name))
                        .as(model.name() + "/" + name)
                        .isNotNull();
            }
        }
    }

    @Test
    void minilm_isPackedFromTheClassPathWithItsPinnedDigests() throws Exception {
        var minilm = Catalogue.read().stream()
                .filter(model -> model.name().equals("minilm"))
                .findFirst()
                .orElseThrow();
        var first = packages.write(minilm, folder.resolve("one.zip"));
        assertThat(packages.write(minilm, folder.resolve("two.zip"))).isEqualTo(first);
        var changed = new DemoModel(
                "minilm",
                "",
                null,
                List.of(new ModelFile("all-minilm-l6-v2-q-tokenizer.json", "tokenizer.json", "0".repeat(64))));
        assertThat(load(changed)).singleElement().isInstanceOf(DemoOutcome.LeftOut.class);
    }

    private List<DemoOutcome> load(DemoModel... models) throws Exception {
        var looks = new ArrayList<Boolean>();
        var outcomes = new ArrayList<DemoOutcome>();
        new DemoLoader(api, packages, folder, condition -> {
                    while (!condition.holds()) {
                        looks.add(false);
                        if (looks.size() > 100) {
                            return false;
                        }
                    }
                    return true;
                })
                .load(List.of(models), outcomes::add);
        return outcomes;
    }
}
