package io.heddle.controller.store;

import io.heddle.controller.store.Lease.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * DHCP leases in an SQLite file: {@code leases}, one row for each address that was ever given.
 *
 * <p>{@link #write} returns when the rows are on the disk: write-ahead log with {@code synchronous=FULL}, one transaction for all of
 * them. A crash at any moment leaves the state before or after a write, never a part of it.
 *
 * <p>Thread safety: none; one thread at a time.
 */
public final class LeaseStore implements AutoCloseable {
    private static final int SCHEMA_VERSION = 1;

    private static final String CREATE = """
            CREATE TABLE IF NOT EXISTS leases (
              network    TEXT    NOT NULL,
              ip         INTEGER NOT NULL,
              client_key TEXT    NOT NULL,
              mac        INTEGER NOT NULL,
              client_id  TEXT    NOT NULL,
              hostname   TEXT    NOT NULL,
              state      TEXT    NOT NULL,
              starts     INTEGER NOT NULL,
              expires    INTEGER NOT NULL,
              reserved   INTEGER NOT NULL,
              datapath   INTEGER NOT NULL,
              port       INTEGER NOT NULL,
              relay      TEXT    NOT NULL,
              PRIMARY KEY (network, ip)
            ) WITHOUT ROWID""";

    private final Connection connection;
    private final PreparedStatement upsert;

    private LeaseStore(Connection connection, PreparedStatement upsert) {
        this.connection = connection;
        this.upsert = upsert;
    }

    /**
     * Opens the file, makes it and its directory when missing.
     *
     * @throws IOException when it cannot be used; the message names the file and the reason
     */
    public static LeaseStore open(Path file) throws IOException {
        try {
            Path directory = file.toAbsolutePath().getParent();
            if (directory != null) {
                makeDirectory(directory, file);
            }
            Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
            try {
                prepare(connection, file);
                connection.setAutoCommit(false);
                return new LeaseStore(
                        connection,
                        connection.prepareStatement(
                                "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
            } catch (SQLException | IOException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw new IOException("cannot use lease database " + file + ": " + e.getMessage(), e);
        }
    }

    private static void makeDirectory(Path directory, Path file) throws IOException {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new IOException(
                    "cannot use lease database " + file + ": " + directory + " is no directory that can be made", e);
        }
    }

    private static void prepare(Connection connection, Path file) throws SQLException, IOException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout=2000");
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("PRAGMA synchronous=FULL");
            int version;
            try (ResultSet row = statement.executeQuery("PRAGMA user_version")) {
                version = row.next() ? row.getInt(1) : 0;
            }
            if (version > SCHEMA_VERSION) {
                throw new IOException("lease database " + file + " has version " + version
                        + ", this program knows versions up to " + SCHEMA_VERSION + ": use the program that wrote it");
            }
            statement.execute(CREATE);
            statement.execute("PRAGMA user_version=" + SCHEMA_VERSION);
        }
    }

    /** All rows, by network and address. */
    public List<Lease> readAll() throws IOException {
        List<Lease> leases = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT network, ip, client_key, mac, client_id, hostname, state,"
                                + " starts, expires, reserved, datapath, port, relay FROM leases ORDER BY network, ip")) {
            while (row.next()) {
                leases.add(new Lease(
                        row.getString(1),
                        (int) row.getLong(2),
                        row.getString(3),
                        row.getLong(4),
                        row.getString(5),
                        row.getString(6),
                        State.valueOf(row.getString(7)),
                        row.getLong(8),
                        row.getLong(9),
                        row.getInt(10) != 0,
                        row.getLong(11),
                        row.getInt(12),
                        row.getString(13)));
            }
            connection.commit();
            return leases;
        } catch (SQLException | IllegalArgumentException e) {
            throw new IOException("cannot read the lease database: " + e.getMessage(), e);
        }
    }

    /** Writes rows in one transaction; they are on the disk when this returns. */
    public void write(List<Lease> leases) throws IOException {
        try {
            for (Lease lease : leases) {
                bind(lease);
                upsert.addBatch();
            }
            upsert.executeBatch();
            connection.commit();
        } catch (SQLException e) {
            try {
                upsert.clearBatch();
                connection.rollback();
            } catch (SQLException second) {
                e.addSuppressed(second);
            }
            throw new IOException("cannot write " + leases.size() + " leases: " + e.getMessage(), e);
        }
    }

    private void bind(Lease lease) throws SQLException {
        upsert.setString(1, lease.network());
        upsert.setLong(2, lease.ip() & 0xffffffffL);
        upsert.setString(3, lease.clientKey());
        upsert.setLong(4, lease.mac());
        upsert.setString(5, lease.clientId());
        upsert.setString(6, lease.hostname());
        upsert.setString(7, lease.state().name());
        upsert.setLong(8, lease.startsMillis());
        upsert.setLong(9, lease.expiresMillis());
        upsert.setInt(10, lease.reserved() ? 1 : 0);
        upsert.setLong(11, lease.datapathId());
        upsert.setInt(12, lease.port());
        upsert.setString(13, lease.relayInformation());
    }

    @Override
    public void close() throws IOException {
        try {
            upsert.close();
            connection.close();
        } catch (SQLException e) {
            throw new IOException("cannot close the lease database: " + e.getMessage(), e);
        }
    }
}
