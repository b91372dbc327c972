package io.presage.registry;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

/// One real Postgres for all tests of the JVM, and a fresh database for each class that asks.
public final class PostgresFixture {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    /// Started on first use, stopped with the JVM.
    private static final class Holder {
        static final EmbeddedPostgres POSTGRES = start();

        private static EmbeddedPostgres start() {
            try {
                // Durability is not what these tests are about, and fsync costs them half of their time.
                return EmbeddedPostgres.builder()
                        .setServerConfig("fsync", "off")
                        .setServerConfig("max_connections", "200")
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// JDBC URL of a new empty database.
    public static String freshDatabase() {
        var name = "presage_" + NUMBER.incrementAndGet();
        try (var connection = Holder.POSTGRES.getPostgresDatabase().getConnection();
                var statement = connection.createStatement()) {
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return Holder.POSTGRES.getJdbcUrl("postgres", name);
    }

    private PostgresFixture() {}
}
