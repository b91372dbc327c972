package io.presage.standalone.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresServerTest {
    @TempDir
    Path folder;

    @Test
    void start_afterStop_findsItsData() throws Exception {
        try (var server = start();
                var connection = connect(server, server.password())) {
            connection.createStatement().execute("create table kept as select 42 as answer");
        }
        try (var server = start();
                var connection = connect(server, server.password())) {
            assertThat(answer(connection)).isEqualTo(42);
        }
    }

    @Test
    void nobodyIsLetInWithoutThePassword() throws Exception {
        try (var server = start()) {
            assertThatThrownBy(() -> connect(server, "")).isInstanceOf(SQLException.class);
            assertThatThrownBy(() -> connect(server, "presage")).hasMessageContaining("authentication failed");
            assertThat(Files.readString(folder.resolve("data/pg_hba.conf"))).doesNotContainPattern("(?m)^[^#].*trust");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("password"))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void start_whileAnAbandonedServerRuns_replacesIt() throws Exception {
        try (var abandoned = start();
                var connection = connect(abandoned, abandoned.password())) {
            connection.createStatement().execute("create table kept as select 42 as answer");
            try (var server = start();
                    var next = connect(server, server.password())) {
                assertThat(answer(next)).isEqualTo(42);
                assertThatThrownBy(() -> connect(abandoned, abandoned.password()))
                        .isInstanceOf(SQLException.class);
            }
        }
    }

    @Test
    void start_withThePidFileOfAnotherProgram_ignoresIt() throws Exception {
        start().close();
        Files.writeString(
                folder.resolve("data/postmaster.pid"), ProcessHandle.current().pid() + "\n/elsewhere\n");
        try (var server = start();
                var connection = connect(server, server.password())) {
            assertThat(connection.isValid(5)).isTrue();
        }
        assertThat(ProcessHandle.current().isAlive()).isTrue();
    }

    @Test
    void start_afterACrashWhileInitialising_beginsAnew() throws Exception {
        Files.createDirectories(folder.resolve("data.new/base"));
        Files.writeString(folder.resolve("data.new/PG_VERSION"), "18\n");
        try (var server = start();
                var connection = connect(server, server.password())) {
            assertThat(connection.isValid(5)).isTrue();
        }
    }

    @Test
    void resourceName_namesSystemAndArchitecture() {
        assertThat(PostgresProgram.resourceName("Linux", "amd64")).isEqualTo("postgres-linux-x86_64.txz");
        assertThat(PostgresProgram.resourceName("Mac OS X", "aarch64")).isEqualTo("postgres-darwin-arm_64.txz");
    }

    private PostgresServer start() throws Exception {
        return PostgresServer.start(folder, folder.resolve("server.log"), new SecureRandom());
    }

    private static int answer(Connection connection) throws SQLException {
        try (var rows = connection.createStatement().executeQuery("select answer from kept")) {
            rows.next();
            return rows.getInt(1);
        }
    }

    private static Connection connect(PostgresServer server, String password) throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), password);
    }
}
