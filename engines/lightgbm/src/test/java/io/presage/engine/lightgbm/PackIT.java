package io.presage.engine.lightgbm;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.worker.engine.packs.Pack;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The folder as it is installed.
class PackIT {
    private static final Path PACK = Path.of(System.getProperty("pack.directory"));

    @Test
    void packOpensInAClassLoaderOfItsOwn() throws Exception {
        var engine = Pack.open("lightgbm", PACK);
        assertThat(engine.name()).isEqualTo("lightgbm");
        assertThat(engine.getClass().getClassLoader().getName()).isEqualTo("pack-lightgbm");
    }

    @Test
    void packHoldsNothingButTheEngineAndItsLibrary() throws Exception {
        try (var files = Files.walk(PACK)) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> PACK.relativize(file).toString()))
                    .containsExactlyInAnyOrder(
                            "presage-engine-lightgbm.jar", "com/microsoft/ml/lightgbm/linux/x86_64/lib_lightgbm.so");
        }
    }
}
