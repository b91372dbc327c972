package io.presage.registry.feed;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/// One virtual thread with a connection of its own that listens to `presage_state` and refreshes the snapshots:
/// on every notification, and each `period` in case one was missed. When the connection breaks it makes a new
/// one each second; the snapshots stay as they are until then.
///
/// Starts before the web server, so that the first poll finds a snapshot, and stops after it.
final class RevisionListener implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(RevisionListener.class);
    private static final Duration RECONNECT = Duration.ofSeconds(1);

    /// Opens a connection outside of the pool.
    @FunctionalInterface
    interface Connections {
        Connection open() throws SQLException;
    }

    private final Snapshots snapshots;
    private final Connections connections;
    private final Duration period;
    private final List<RevisionObserver> observers;
    private volatile @Nullable Run run;

    RevisionListener(Snapshots snapshots, Connections connections, Duration period, List<RevisionObserver> observers) {
        this.snapshots = snapshots;
        this.connections = connections;
        this.period = period;
        this.observers = List.copyOf(observers);
    }

    @Override
    public void start() {
        snapshots.refresh();
        var started = new Run();
        started.thread.start();
        run = started;
    }

    @Override
    public void stop() {
        var present = run;
        if (present != null) {
            present.stop();
            run = null;
        }
    }

    @Override
    public boolean isRunning() {
        return run != null;
    }

    @Override
    public int getPhase() {
        return 0;
    }

    private final class Run implements Runnable {
        private static final Duration STOP_MAX = Duration.ofSeconds(5);

        private final CountDownLatch stopped = new CountDownLatch(1);
        private final Thread thread =
                Thread.ofVirtual().name("registry-revisions").unstarted(this);
        private volatile @Nullable Connection listening;

        /// Ends the wait by closing the listener's own connection. An interrupt would hit one of the pool's as
        /// well.
        void stop() {
            stopped.countDown();
            var connection = listening;
            try {
                if (connection != null) {
                    connection.abort(Runnable::run);
                }
                thread.join(STOP_MAX);
            } catch (SQLException e) {
                log.warn("event=listener-not-closed cause=\"{}\"", firstLine(e));
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void run() {
            boolean connected = true;
            while (stopped.getCount() > 0) {
                try (var connection = connections.open()) {
                    listening = connection;
                    if (!connected) {
                        log.info("event=database-back");
                        connected = true;
                    }
                    listen(connection);
                } catch (SQLException | DataAccessException | TransactionException e) {
                    snapshots.distrust();
                    if (connected && stopped.getCount() > 0) {
                        log.warn("event=database-away cause=\"{}\"", firstLine(e));
                        connected = false;
                    }
                }
                pause();
            }
        }

        private void listen(Connection connection) throws SQLException {
            try (var statement = connection.createStatement()) {
                statement.execute("listen presage_state");
            }
            var notifications = connection.unwrap(PGConnection.class);
            while (stopped.getCount() > 0) {
                if (snapshots.refresh()) {
                    observers.forEach(RevisionObserver::revisionChanged);
                }
                notifications.getNotifications(Math.toIntExact(period.toMillis()));
            }
        }

        private void pause() {
            try {
                stopped.await(RECONNECT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }

        private static String firstLine(Exception e) {
            return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        }
    }
}
