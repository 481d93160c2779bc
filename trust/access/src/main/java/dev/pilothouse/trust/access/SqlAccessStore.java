package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.store.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Units, principals and keys as rows. Stateless. */
final class SqlAccessStore {
    private static final String PRINCIPAL =
            "SELECT tenant, id, kind, name, roles, active, created_at, removed_at FROM access_principal ";
    private static final String KEY =
            "SELECT tenant, id, principal, name, unit, roles, created_at, expires_at, revoked_at, last_used_at FROM access_key ";
    private static final String UNIT = "SELECT tenant, id, parent, kind, name, created_at FROM access_unit ";

    /**
     * A stored key with what its principal is now.
     *
     * @param units its unit and those above, as {@link Caller#units} has them
     */
    record StoredKey(ApiKey key, Digest hash, Principal principal, List<String> units) {}

    boolean hasOrganisation(Tx tx) {
        return tx.sql()
                .createQuery("SELECT 1 FROM access_unit WHERE kind = 'organisation' LIMIT 1")
                .mapTo(Integer.class)
                .findFirst()
                .isPresent();
    }

    void insertUnit(Tx tx, Unit unit) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO access_unit (tenant, id, parent, kind, name, created_at)
                        VALUES (:tenant, :id, :parent, :kind, :name, :createdAt)
                        """)
                .bind("tenant", unit.tenant())
                .bind("id", unit.id())
                .bind("parent", unit.parent())
                .bind("kind", unit.kind().label())
                .bind("name", unit.name())
                .bind("createdAt", unit.createdAt().toEpochMilli())
                .execute();
    }

    Optional<Unit> unit(Tx tx, String tenant, String id) {
        return tx.sql()
                .createQuery(UNIT + "WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> unit(row))
                .findOne();
    }

    boolean hasUnit(Tx tx, String tenant, String parent, String name) {
        return tx.sql()
                .createQuery("SELECT 1 FROM access_unit WHERE tenant = :tenant AND parent = :parent AND name = :name")
                .bind("tenant", tenant)
                .bind("parent", parent)
                .bind("name", name)
                .mapTo(Integer.class)
                .findFirst()
                .isPresent();
    }

    List<Unit> units(Tx tx, String tenant) {
        return tx.sql()
                .createQuery(UNIT + "WHERE tenant = :tenant ORDER BY created_at, parent <> '', id")
                .bind("tenant", tenant)
                .map((row, _) -> unit(row))
                .list();
    }

    void insertPrincipal(Tx tx, Principal principal) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO access_principal (tenant, id, kind, name, roles, active, created_at)
                        VALUES (:tenant, :id, :kind, :name, :roles, :active, :createdAt)
                        """)
                .bind("tenant", principal.tenant())
                .bind("id", principal.id())
                .bind("kind", principal.kind().name())
                .bind("name", principal.name())
                .bind("roles", text(principal.roles()))
                .bind("active", principal.active() ? 1 : 0)
                .bind("createdAt", principal.createdAt().toEpochMilli())
                .execute();
    }

    void updatePrincipal(Tx tx, Principal principal) {
        tx.sql()
                .createUpdate(
                        "UPDATE access_principal SET name = :name, roles = :roles, active = :active, removed_at = :removedAt"
                                + " WHERE tenant = :tenant AND id = :id")
                .bind("name", principal.name())
                .bind(
                        "removedAt",
                        principal.removedAt().map(Instant::toEpochMilli).orElse(0L))
                .bind("roles", text(principal.roles()))
                .bind("active", principal.active() ? 1 : 0)
                .bind("tenant", principal.tenant())
                .bind("id", principal.id())
                .execute();
    }

    /**
     * As {@link #principal(Tx, String, String)}.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND
     */
    Principal require(Tx tx, String tenant, String idOrName) {
        return principal(tx, tenant, idOrName)
                .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no principal '" + idOrName + "'."));
    }

    /** By id or, since names are unique in a tenant, by name. */
    Optional<Principal> principal(Tx tx, String tenant, String idOrName) {
        return tx.sql()
                .createQuery(
                        PRINCIPAL + "WHERE tenant = :tenant AND (id = :who OR name = :who) ORDER BY id = :who DESC")
                .bind("tenant", tenant)
                .bind("who", idOrName)
                .map((row, _) -> principal(row))
                .findFirst();
    }

    List<Principal> principals(Tx tx, String tenant, String after, int limit) {
        return tx.sql()
                .createQuery(PRINCIPAL + "WHERE tenant = :tenant AND id > :after ORDER BY id LIMIT :limit")
                .bind("tenant", tenant)
                .bind("after", after)
                .bind("limit", limit)
                .map((row, _) -> principal(row))
                .list();
    }

    List<Principal> activePrincipals(Tx tx, String tenant) {
        return tx.sql()
                .createQuery(PRINCIPAL + "WHERE tenant = :tenant AND active = 1 ORDER BY id")
                .bind("tenant", tenant)
                .map((row, _) -> principal(row))
                .list();
    }

    void insertKey(Tx tx, ApiKey key, Digest hash) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO access_key
                          (tenant, id, principal, name, unit, roles, hash, created_at, expires_at, revoked_at, last_used_at)
                        VALUES (:tenant, :id, :principal, :name, :unit, :roles, :hash, :createdAt, :expiresAt, 0, 0)
                        """)
                .bind("tenant", key.tenant())
                .bind("id", key.id())
                .bind("principal", key.principal())
                .bind("name", key.name())
                .bind("unit", key.unit())
                .bind("roles", text(key.roles()))
                .bind("hash", hash.bytes())
                .bind("createdAt", key.createdAt().toEpochMilli())
                .bind("expiresAt", key.expiresAt().map(Instant::toEpochMilli).orElse(0L))
                .execute();
    }

    Optional<ApiKey> key(Tx tx, String tenant, String id) {
        return tx.sql()
                .createQuery(KEY + "WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((row, _) -> key(row))
                .findOne();
    }

    List<ApiKey> keys(Tx tx, String tenant, Optional<String> principal, String after, int limit) {
        return tx.sql()
                .createQuery(KEY + """
                        WHERE tenant = :tenant AND id > :after AND (:everyone = 1 OR principal = :principal)
                        ORDER BY id LIMIT :limit
                        """)
                .bind("tenant", tenant)
                .bind("after", after)
                .bind("everyone", principal.isEmpty() ? 1 : 0)
                .bind("principal", principal.orElse(""))
                .bind("limit", limit)
                .map((row, _) -> key(row))
                .list();
    }

    void revoke(Tx tx, String tenant, String id, Instant now) {
        tx.sql()
                .createUpdate("UPDATE access_key SET revoked_at = :now WHERE tenant = :tenant AND id = :id")
                .bind("now", now.toEpochMilli())
                .bind("tenant", tenant)
                .bind("id", id)
                .execute();
    }

    void move(Tx tx, String tenant, String id, String unit) {
        tx.sql()
                .createUpdate("UPDATE access_key SET unit = :unit WHERE tenant = :tenant AND id = :id")
                .bind("unit", unit)
                .bind("tenant", tenant)
                .bind("id", id)
                .execute();
    }

    void expire(Tx tx, String tenant, String id, Instant at) {
        tx.sql()
                .createUpdate("UPDATE access_key SET expires_at = :at WHERE tenant = :tenant AND id = :id")
                .bind("at", at.toEpochMilli())
                .bind("tenant", tenant)
                .bind("id", id)
                .execute();
    }

    /** What people call their keys may say who they are. */
    void forgetKeyNames(Tx tx, String tenant, String principal) {
        tx.sql()
                .createUpdate("UPDATE access_key SET name = id WHERE tenant = :tenant AND principal = :principal")
                .bind("tenant", tenant)
                .bind("principal", principal)
                .execute();
    }

    void touch(Tx tx, Map<String, Long> lastUsed) {
        lastUsed.forEach((id, at) -> tx.sql()
                .createUpdate("UPDATE access_key SET last_used_at = :at WHERE id = :id AND last_used_at < :at")
                .bind("at", at)
                .bind("id", id)
                .execute());
    }

    /** The key with that id in whatever tenant, and its principal. */
    Optional<StoredKey> stored(Tx tx, String id) {
        return tx.sql()
                .createQuery("SELECT tenant, hash FROM access_key WHERE id = :id")
                .bind("id", id)
                .map((row, _) -> Map.entry(row.getString(1), row.getBytes(2)))
                .findOne()
                .flatMap(found -> key(tx, found.getKey(), id)
                        .flatMap(key -> principal(tx, key.tenant(), key.principal())
                                .map(principal -> new StoredKey(
                                        key,
                                        new Digest(HexFormat.of().formatHex(found.getValue())),
                                        principal,
                                        Unit.path(key.unit(), unit -> unit(tx, key.tenant(), unit))))));
    }

    private static Principal principal(ResultSet row) throws SQLException {
        return new Principal(
                row.getString("tenant"),
                row.getString("id"),
                Caller.Kind.valueOf(row.getString("kind")),
                row.getString("name"),
                roles(row.getString("roles")),
                row.getInt("active") == 1,
                Instant.ofEpochMilli(row.getLong("created_at")),
                time(row.getLong("removed_at")));
    }

    private static ApiKey key(ResultSet row) throws SQLException {
        return new ApiKey(
                row.getString("tenant"),
                row.getString("id"),
                row.getString("principal"),
                row.getString("name"),
                row.getString("unit"),
                roles(row.getString("roles")),
                Instant.ofEpochMilli(row.getLong("created_at")),
                time(row.getLong("expires_at")),
                time(row.getLong("revoked_at")),
                time(row.getLong("last_used_at")));
    }

    private static Unit unit(ResultSet row) throws SQLException {
        return new Unit(
                row.getString("tenant"),
                row.getString("id"),
                row.getString("parent"),
                Unit.Kind.parse(row.getString("kind")),
                row.getString("name"),
                Instant.ofEpochMilli(row.getLong("created_at")));
    }

    private static Optional<Instant> time(long millis) {
        return millis == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }

    private static String text(Set<Role> roles) {
        return roles.stream().sorted().map(Role::label).collect(Collectors.joining(","));
    }

    private static Set<Role> roles(String text) {
        return text.isEmpty()
                ? Set.of()
                : Arrays.stream(text.split(",", -1)).map(Role::parse).collect(Collectors.toSet());
    }
}
