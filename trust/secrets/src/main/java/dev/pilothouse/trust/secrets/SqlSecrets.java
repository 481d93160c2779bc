package dev.pilothouse.trust.secrets;

import dev.pilothouse.platform.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Secrets as rows. Stateless. */
final class SqlSecrets {
    private static final String SELECT =
            "SELECT environment, name, version, sealed, set_by, set_at FROM secrets_secret WHERE tenant = ? ";

    private SqlSecrets() {}

    /** A secret with its encrypted value. */
    record Sealed(Secret secret, byte[] sealed) {}

    static List<Sealed> list(Tx tx, String tenant) {
        return tx.sql()
                .createQuery(SELECT + "ORDER BY name, environment")
                .bind(0, tenant)
                .map((row, _) -> sealed(row))
                .list();
    }

    static Optional<Sealed> find(Tx tx, String tenant, String environment, String name) {
        return tx.sql()
                .createQuery(SELECT + "AND environment = ? AND name = ?")
                .bind(0, tenant)
                .bind(1, environment)
                .bind(2, name)
                .map((row, _) -> sealed(row))
                .findOne();
    }

    static int count(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("SELECT COUNT(*) FROM secrets_secret WHERE tenant = ?")
                .bind(0, tenant)
                .mapTo(Integer.class)
                .one();
    }

    static void put(Tx tx, String tenant, Sealed row) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO secrets_secret (tenant, environment, name, version, sealed, set_by, set_at)
                        VALUES (?, ?, ?, ?, ?, ?, ?)
                        ON CONFLICT (tenant, environment, name) DO UPDATE SET version = excluded.version,
                            sealed = excluded.sealed, set_by = excluded.set_by, set_at = excluded.set_at""")
                .bind(0, tenant)
                .bind(1, row.secret().environment())
                .bind(2, row.secret().name())
                .bind(3, row.secret().version())
                .bind(4, row.sealed())
                .bind(5, row.secret().setBy())
                .bind(6, row.secret().setAt().toEpochMilli())
                .execute();
    }

    /** @return whether it was there */
    static boolean remove(Tx tx, String tenant, String environment, String name) {
        return tx.sql()
                        .createUpdate("DELETE FROM secrets_secret WHERE tenant = ? AND environment = ? AND name = ?")
                        .bind(0, tenant)
                        .bind(1, environment)
                        .bind(2, name)
                        .execute()
                > 0;
    }

    private static Sealed sealed(ResultSet row) throws SQLException {
        return new Sealed(
                new Secret(
                        row.getString("environment"),
                        row.getString("name"),
                        row.getLong("version"),
                        row.getString("set_by"),
                        Instant.ofEpochMilli(row.getLong("set_at"))),
                row.getBytes("sealed"));
    }

    /** Puts the id of a removed principal in the place of its name. */
    static void forget(Tx tx, String tenant, String id, String name) {
        tx.sql()
                .createUpdate("UPDATE secrets_secret SET set_by = ? WHERE tenant = ? AND set_by = ?")
                .bind(0, id)
                .bind(1, tenant)
                .bind(2, name)
                .execute();
    }
}
