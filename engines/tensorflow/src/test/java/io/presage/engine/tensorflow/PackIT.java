package io.presage.engine.tensorflow;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.worker.engine.packs.Pack;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The folder as it is installed.
class PackIT {
    private static final Path PACK = Path.of(System.getProperty("pack.directory"));

    @Test
    void packOpensInAClassLoaderOfItsOwn_withItsOwnTensorflow() throws Exception {
        var engine = Pack.open("tensorflow", PACK);
        var loader = engine.getClass().getClassLoader();
        assertThat(loader.getName()).isEqualTo("pack-tensorflow");
        assertThat(loader.loadClass("org.tensorflow.TensorFlow").getClassLoader())
                .isSameAs(loader);
    }

    @Test
    void packHoldsItsLibraries_andNoArchiveOfThem() throws Exception {
        try (var files = Files.walk(PACK)) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> PACK.relativize(file).toString()))
                    .contains("presage-engine-tensorflow.jar", "lib/libtensorflow_cc.so.2", "lib/libjnitensorflow.so")
                    .noneMatch(name -> name.contains("linux-x86_64"));
        }
    }
}
