package io.presage.engine.torchscript;

import static org.assertj.core.api.Assertions.assertThat;

import io.presage.worker.engine.packs.Pack;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The folder as it is installed.
class PackIT {
    private static final Path PACK = Path.of(System.getProperty("pack.directory"));

    @Test
    void packOpensInAClassLoaderOfItsOwn_withItsOwnDjl() throws Exception {
        var engine = Pack.open("torchscript", PACK);
        var loader = engine.getClass().getClassLoader();
        assertThat(loader.getName()).isEqualTo("pack-torchscript");
        assertThat(loader.loadClass("ai.djl.engine.Engine").getClassLoader()).isSameAs(loader);
    }

    @Test
    void packHoldsItsLibraries_andNoArchiveOfThem() throws Exception {
        try (var files = Files.walk(PACK)) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> PACK.relativize(file).toString()))
                    .contains("presage-engine-torchscript.jar", "lib/libtorch_cpu.so", "lib/libdjl_torch.so")
                    .noneMatch(name -> name.contains("pytorch-native") || name.contains("pytorch-jni"));
        }
    }
}
