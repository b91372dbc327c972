package io.presage.standalone.postgres;

import io.presage.standalone.data.Secret;
import io.presage.standalone.data.StartException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/// One Postgres cluster in a folder. The caller holds that folder for itself alone (see the data directory's
/// lock): whatever Postgres still runs in it was left behind by a process that was killed, and is stopped
/// first.
///
/// Authentication: `scram-sha-256` for everybody from `initdb` on, over TCP on 127.0.0.1 alone; there is no
/// Unix socket. The password lies in `password`, mode 600.
///
/// `pg_ctl` puts the server into a session of its own, so that a terminal's Ctrl-C reaches Presage but not the
/// database under it. Postgres refuses to run as root; for root each command therefore runs in a user namespace
/// (`unshare -U`), in which it is nobody, while its files stay root's.
public final class PostgresServer implements AutoCloseable {
    private static final String USER = "presage";
    private static final String DATABASE = "presage";
    private static final Duration START_MAX = Duration.ofSeconds(60);
    private static final Duration STOP_MAX = Duration.ofSeconds(10);
    private static final Duration INIT_MAX = Duration.ofMinutes(3);
    private static final long LOG_BYTES_MAX = 4L << 20;
    private static final int START_ATTEMPTS = 3;

    private final Path folder;
    private final Path programs;
    private final int port;
    private final String password;

    private PostgresServer(Path folder, Path programs, int port, String password) {
        this.folder = folder;
        this.programs = programs;
        this.port = port;
        this.password = password;
    }

    /// Starts the cluster in `folder`, made there first where it is missing, and waits until it takes
    /// connections.
    ///
    /// @param log where the server's few lines go; begun anew when it has grown past 4 MiB
    /// @throws StartException when it does not start, with the server's own reason
    public static PostgresServer start(Path folder, Path log, RandomGenerator random)
            throws IOException, InterruptedException {
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        var programs = PostgresProgram.unpack(folder);
        var password = Secret.readOrCreate(folder.resolve("password"), random);
        if (!Files.isDirectory(folder.resolve("data"))) {
            initialise(folder, programs);
        }
        stopLeftover(folder, programs);
        if (Files.exists(log) && Files.size(log) > LOG_BYTES_MAX) {
            Files.delete(log);
        }
        for (int attempt = 1; ; attempt++) {
            // Another process may take the port between the look and the start: then look again.
            var server = new PostgresServer(folder, programs, freePort(), password);
            var outcome = server.launch(log);
            if (outcome.succeeded()) {
                return server;
            }
            if (attempt == START_ATTEMPTS) {
                throw new StartException("Postgres does not start: " + lastLine(log, outcome) + " (see " + log + ")");
            }
        }
    }

    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + DATABASE;
    }

    public String user() {
        return USER;
    }

    public String password() {
        return password;
    }

    public int port() {
        return port;
    }

    /// Stops it without waiting for clients to leave; what was committed stays. At most 20 s.
    @Override
    public void close() throws IOException {
        try {
            stop(folder, programs);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while Postgres stopped: " + e.getMessage());
        }
    }

    /// Ends it as a power cut would: for tests of what happens when the database is gone.
    public void crash() throws IOException, InterruptedException {
        pgControl(folder, programs, List.of("stop", "-m", "immediate", "-w", "-t", seconds(STOP_MAX)), STOP_MAX);
    }

    private Outcome launch(Path log) throws IOException, InterruptedException {
        var settings = "-p " + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories="
                + " -c max_connections=40 -c shared_buffers=32MB -c log_min_messages=log -c log_checkpoints=off"
                + " -c max_wal_size=256MB -c autovacuum_max_workers=1";
        return pgControl(
                folder,
                programs,
                List.of("start", "-w", "-t", seconds(START_MAX), "-l", log.toString(), "-o", settings),
                START_MAX);
    }

    /// A crash in here leaves `data.new`, which the next start removes.
    private static void initialise(Path folder, Path programs) throws IOException, InterruptedException {
        var next = folder.resolve("data.new");
        Folders.delete(next);
        var initdb = run(
                List.of(
                        programs.resolve("initdb").toString(),
                        "--pgdata=" + next,
                        "--username=" + USER,
                        "--pwfile=" + folder.resolve("password"),
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--no-locale",
                        "--no-instructions"),
                "",
                INIT_MAX);
        if (!initdb.succeeded()) {
            throw new StartException("Postgres cannot be initialised in " + folder + ": " + initdb.lastLine()
                    + (isRoot() ? " (as root this needs user namespaces; or run presage as an ordinary user)" : ""));
        }
        var create = run(
                List.of(programs.resolve("postgres").toString(), "--single", "-D", next.toString(), "postgres"),
                "create database " + DATABASE + "\n",
                INIT_MAX);
        if (!create.succeeded()) {
            throw new StartException("Postgres cannot create its database in " + folder + ": " + create.lastLine());
        }
        Files.move(next, folder.resolve("data"), StandardCopyOption.ATOMIC_MOVE);
    }

    /// `postmaster.pid` may be left by a killed process: its server runs on without an owner, or is dead too,
    /// or its number now belongs to something else, which Postgres by itself would take for a running server.
    private static void stopLeftover(Path folder, Path programs) throws IOException, InterruptedException {
        var file = folder.resolve("data/postmaster.pid");
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (NoSuchFileException _) {
            return;
        }
        var ours = !lines.isEmpty()
                && lines.getFirst().strip().chars().allMatch(Character::isDigit)
                && ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                        .flatMap(process -> process.info().command())
                        .filter(command ->
                                Path.of(command).getFileName().toString().startsWith("postgres"))
                        .isPresent();
        if (ours) {
            stop(folder, programs);
        }
        Files.deleteIfExists(file);
    }

    private static void stop(Path folder, Path programs) throws IOException, InterruptedException {
        for (var mode : List.of("fast", "immediate")) {
            var stopped =
                    pgControl(folder, programs, List.of("stop", "-m", mode, "-w", "-t", seconds(STOP_MAX)), STOP_MAX);
            if (stopped.succeeded() || !Files.exists(folder.resolve("data/postmaster.pid"))) {
                return;
            }
        }
        throw new IOException("Postgres in " + folder + " does not stop");
    }

    private static Outcome pgControl(Path folder, Path programs, List<String> arguments, Duration max)
            throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(programs.resolve("pg_ctl").toString());
        command.add("-D");
        command.add(folder.resolve("data").toString());
        command.add("-s");
        command.addAll(arguments);
        return run(command, "", max.plusSeconds(5));
    }

    private static Outcome run(List<String> command, String input, Duration max)
            throws IOException, InterruptedException {
        var whole = new ArrayList<String>();
        if (isRoot()) {
            whole.addAll(List.of("unshare", "-U"));
        }
        whole.addAll(command);
        var output = Files.createTempFile("presage-postgres", ".out");
        try {
            var builder = new ProcessBuilder(whole).redirectErrorStream(true).redirectOutput(output.toFile());
            // Settings of another Postgres must not reach this one.
            builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
            builder.environment().put("LC_ALL", "C");
            var process = builder.start();
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            }
            try {
                if (!process.waitFor(max.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                throw e;
            }
            return new Outcome(process.exitValue(), Files.readAllLines(output));
        } finally {
            Files.deleteIfExists(output);
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"))
                && System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("linux");
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String seconds(Duration duration) {
        return Long.toString(duration.toSeconds());
    }

    private static String lastLine(Path log, Outcome outcome) throws IOException {
        var lines = Files.exists(log) ? Files.readAllLines(log, StandardCharsets.ISO_8859_1) : List.<String>of();
        return lines.stream()
                .filter(line -> line.contains("FATAL") || line.contains("PANIC"))
                .reduce((_, last) -> last)
                .orElse(outcome.lastLine());
    }

    private record Outcome(int exitCode, List<String> lines) {
        boolean succeeded() {
            return exitCode == 0;
        }

        String lastLine() {
            return lines.stream()
                    .filter(line -> !line.isBlank())
                    .reduce((_, last) -> last)
                    .orElse("exit code " + exitCode);
        }
    }
}
