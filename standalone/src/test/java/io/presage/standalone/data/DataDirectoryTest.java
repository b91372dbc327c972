package io.presage.standalone.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    @TempDir
    Path folder;

    @Test
    void open_missingFolder_makesItForItsOwnerOnly() throws Exception {
        try (var data = DataDirectory.open(folder.resolve("a/b"))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.root())))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void open_twice_isRefusedUntilTheFirstIsClosed() throws Exception {
        try (var _ = DataDirectory.open(folder)) {
            assertThatThrownBy(() -> DataDirectory.open(folder))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("in use by another presage")
                    .hasMessageContaining("--data DIR");
        }
        DataDirectory.open(folder).close();
    }

    @Test
    void open_aFile_isRefused() throws Exception {
        var file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> DataDirectory.open(file))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("--data DIR");
        assertThatThrownBy(() -> DataDirectory.open(file.resolve("below"))).isInstanceOf(StartException.class);
    }

    @Test
    void open_folderThatMayNotBeWritten_isRefused() throws Exception {
        assumeFalse(System.getProperty("user.name").equals("root"), "root may write everywhere");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
        assertThatThrownBy(() -> DataDirectory.open(folder))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("cannot be written by this user (permission denied");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void secret_isMadeOnceAndForItsOwnerOnly() throws Exception {
        var random = new SplittableRandom(1);
        var file = folder.resolve("secret");
        var secret = Secret.readOrCreate(file, random);
        assertThat(secret).hasSize(43);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(Secret.readOrCreate(file, random)).isEqualTo(secret);
        assertThat(Secret.readOrCreate(folder.resolve("other"), random)).isNotEqualTo(secret);
    }
}
