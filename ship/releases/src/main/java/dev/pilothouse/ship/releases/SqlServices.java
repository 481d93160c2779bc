package dev.pilothouse.ship.releases;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.spec.Environment;
import dev.pilothouse.ship.spec.SpecTree;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rows of services. Stateless. */
public final class SqlServices {
    private static final String COLUMNS = """
            tenant, name, spec, environment, place, stable, previous, promoted_at, moving, last_number, revision,
            created_by, created_at, updated_at""";

    private SqlServices() {}

    public static Optional<ServiceRow> find(Tx tx, String tenant, String name) {
        return tx.sql()
                .createQuery("SELECT " + COLUMNS + " FROM delivery_service WHERE tenant = ? AND name = ?")
                .bind(0, tenant)
                .bind(1, name)
                .map((rows, _) -> row(rows))
                .findOne();
    }

    public static List<ServiceRow> list(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("SELECT " + COLUMNS + " FROM delivery_service WHERE tenant = ? ORDER BY name")
                .bind(0, tenant)
                .map((rows, _) -> row(rows))
                .list();
    }

    /** The rows of one service, one for each environment, in order; those that its file names no more come first. */
    public static List<ServiceRow> environments(Tx tx, String tenant, String service) {
        return tx.sql()
                .createQuery("SELECT " + COLUMNS + " FROM delivery_service"
                        + " WHERE tenant = ? AND (name = ? OR name LIKE ?) ORDER BY place, name")
                .bind(0, tenant)
                .bind(1, service)
                .bind(2, service + "@%")
                .map((rows, _) -> row(rows))
                .list();
    }

    /** What tells whether a service must be read again. */
    public record Head(String tenant, String name, long revision, boolean moving) {}

    /** The heads of every service of every tenant. */
    public static List<Head> heads(Tx tx) {
        return tx.sql()
                .createQuery("SELECT tenant, name, revision, moving FROM delivery_service ORDER BY tenant, name")
                .map((rows, _) -> new Head(
                        rows.getString("tenant"),
                        rows.getString("name"),
                        rows.getLong("revision"),
                        rows.getString("moving") != null))
                .list();
    }

    /** A service with the releases it names. */
    public static Optional<ServiceRow.View> view(Tx tx, String tenant, String name) {
        return find(tx, tenant, name).map(row -> view(tx, row));
    }

    /** A service that was read, with the releases it names. */
    public static ServiceRow.View view(Tx tx, ServiceRow row) {
        return new ServiceRow.View(
                row,
                row.stable().flatMap(id -> SqlReleases.find(tx, row.tenant(), id)),
                row.previous().flatMap(id -> SqlReleases.find(tx, row.tenant(), id)),
                row.moving().flatMap(id -> SqlReleases.find(tx, row.tenant(), id)));
    }

    public static void insert(Tx tx, ServiceRow row) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO delivery_service (tenant, name, spec, digest, last_number, revision, created_by,
                            created_at, updated_at, environment, place)
                        VALUES (?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?)""")
                .bind(0, row.tenant())
                .bind(1, row.name())
                .bind(2, SpecTree.text(row.spec()))
                .bind(3, SpecTree.digest(row.spec()).toString())
                .bind(4, row.createdBy())
                .bind(5, row.createdAt().toEpochMilli())
                .bind(6, row.updatedAt().toEpochMilli())
                .bind(7, row.environmentName())
                .bind(8, place(row))
                .execute();
    }

    /** Stores a changed row, if nobody changed it since it was read. */
    public static void update(Tx tx, ServiceRow row) {
        int changed = tx.sql()
                .createUpdate("""
                        UPDATE delivery_service SET spec = ?, digest = ?, stable = ?, previous = ?, promoted_at = ?,
                            moving = ?, last_number = ?, revision = revision + 1, updated_at = ?, environment = ?,
                            place = ?
                        WHERE tenant = ? AND name = ? AND revision = ?""")
                .bind(0, SpecTree.text(row.spec()))
                .bind(1, SpecTree.digest(row.spec()).toString())
                .bind(2, row.stable().orElse(null))
                .bind(3, row.previous().orElse(null))
                .bind(4, row.promotedAt().map(Instant::toEpochMilli).orElse(null))
                .bind(5, row.moving().orElse(null))
                .bind(6, row.lastNumber())
                .bind(7, row.updatedAt().toEpochMilli())
                .bind(8, row.environmentName())
                .bind(9, place(row))
                .bind(10, row.tenant())
                .bind(11, row.name())
                .bind(12, row.revision())
                .execute();
        if (changed == 0) {
            throw CommonError.CONFLICT.because(
                    "The service '" + row.name() + "' was changed by somebody else just now; read it again.");
        }
    }

    private static ServiceRow row(ResultSet rows) throws SQLException {
        return new ServiceRow(
                rows.getString("tenant"),
                SpecTree.read(rows.getString("spec")),
                environment(rows),
                Optional.ofNullable(rows.getString("stable")),
                Optional.ofNullable(rows.getString("previous")),
                instant(rows, "promoted_at"),
                Optional.ofNullable(rows.getString("moving")),
                rows.getLong("last_number"),
                rows.getLong("revision"),
                rows.getString("created_by"),
                Instant.ofEpochMilli(rows.getLong("created_at")),
                Instant.ofEpochMilli(rows.getLong("updated_at")));
    }

    private static int place(ServiceRow row) {
        return row.environment().map(Environment::place).orElse(0);
    }

    private static Optional<Environment> environment(ResultSet rows) throws SQLException {
        String name = rows.getString("environment");
        boolean last = rows.getString("name").indexOf('@') < 0;
        int place = rows.getInt("place");
        return name.isEmpty() ? Optional.empty() : Optional.of(new Environment(name, place, last));
    }

    static Optional<Instant> instant(ResultSet rows, String column) throws SQLException {
        long value = rows.getLong(column);
        return rows.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(value));
    }

    static @Nullable Long millis(Optional<Instant> instant) {
        return instant.map(Instant::toEpochMilli).orElse(null);
    }
}
