package io.presage.registry.artifacts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.presage.contract.problem.Problem;
import io.presage.contract.problem.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

final class ArtifactStoreTest {
    @TempDir
    private Path directory;

    private ArtifactStore store(Disk disk) {
        return new ArtifactStore(
                new ArtifactProperties(directory, DataSize.ofKilobytes(1), 1), disk, new SimpleMeterRegistry());
    }

    private static InputStream bytes(int count) {
        return new ByteArrayInputStream(new byte[count]);
    }

    private List<Path> files() throws IOException {
        try (var walk = Files.walk(directory)) {
            return walk.filter(Files::isRegularFile).toList();
        }
    }

    /// A body that breaks at once.
    private static class Failing extends InputStream {
        private final String message;

        Failing(String message) {
            this.message = message;
        }

        @Override
        public int read() throws IOException {
            throw new IOException(message);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            throw new IOException(message);
        }
    }

    private static Problem problem(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        var thrown = org.assertj.core.api.Assertions.catchThrowableOfType(ProblemException.class, call);
        assertThat(thrown).isNotNull();
        return thrown.problem();
    }

    @Test
    void keep_makesItFindable_closeWithoutKeepLeavesNothing() throws Exception {
        var store = store(Disk.REAL);
        try (var upload = store.receive(bytes(10), 10, null)) {
            assertThat(store.find(upload.sha256())).isEmpty();
            store.keep(upload);
            assertThat(store.find(upload.sha256()))
                    .hasValueSatisfying(file -> assertThat(file).hasSize(10));
        }
        assertThat(files()).hasSize(1);
        try (var _ = store.receive(bytes(11), -1, null)) {
            assertThat(files()).hasSize(2);
        }
        assertThat(files()).hasSize(1);
    }

    @Test
    void fullDisk_is507_andLeavesNothing() throws Exception {
        var store = store((_, _) -> {
            throw new IOException("No space left on device");
        });
        assertThat(problem(() -> store.receive(bytes(10), 10, null))).isEqualTo(Problem.STORAGE_FULL);
        assertThat(files()).isEmpty();
    }

    @Test
    void brokenBody_leavesNothing() throws Exception {
        var body = new SequenceInputStream(bytes(100), new Failing("connection reset"));
        assertThatThrownBy(() -> store(Disk.REAL).receive(body, -1, null)).hasMessage("connection reset");
        assertThat(files()).isEmpty();
    }

    @Test
    void bounds() throws Exception {
        var store = store(Disk.REAL);
        assertThat(problem(() -> store.receive(bytes(0), 0, null))).isEqualTo(Problem.INVALID_PACKAGE);
        assertThat(problem(() -> store.receive(bytes(1), 2000, null))).isEqualTo(Problem.BODY_TOO_LARGE);
        assertThat(problem(() -> store.receive(bytes(1025), -1, null))).isEqualTo(Problem.BODY_TOO_LARGE);
        assertThat(files()).isEmpty();
    }

    @Test
    void uploadsOverTheBound_areRefused() throws Exception {
        var store = store(Disk.REAL);
        var nested = new Failing("seen") {
            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                assertThat(problem(() -> store.receive(bytes(1), 1, null))).isEqualTo(Problem.OVERLOADED);
                return super.read(buffer, offset, length);
            }
        };
        assertThatThrownBy(() -> store.receive(nested, -1, null)).hasMessage("seen");
    }

    @Test
    void sweep_deletesWhatNobodyWrites() throws Exception {
        var store = store(Disk.REAL);
        Files.createDirectories(directory.resolve("incoming"));
        Files.write(directory.resolve("incoming/upload-1.part"), new byte[5]);
        try (var upload = store.receive(bytes(10), 10, null)) {
            assertThat(store.sweep()).as("the other one is locked").isEqualTo(1);
            assertThat(upload.file()).exists();
        }
        assertThat(files()).isEmpty();
    }

    @Test
    void find_ofWhatIsNoDigest_isEmpty() {
        assertThat(store(Disk.REAL).find("../../etc/passwd")).isEmpty();
    }
}
