package dev.pilothouse.run.gateway;

import dev.pilothouse.platform.store.Tx;
import java.util.List;
import java.util.Optional;

/** Declarations as rows. Stateless. */
final class SqlGateway {
    /** What is declared. */
    enum Kind {
        PROVIDER("provider"),
        ROUTE("route");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /** The name in rows and ledger entries. */
        String label() {
            return label;
        }
    }

    /** One declaration, as JSON. */
    record Row(String tenant, String kind, String name, String document) {}

    private SqlGateway() {}

    static List<Row> all(Tx tx) {
        return tx.sql()
                .createQuery("SELECT tenant, kind, name, document FROM gateway_declaration ORDER BY tenant, kind, name")
                .map((row, _) -> new Row(
                        row.getString("tenant"),
                        row.getString("kind"),
                        row.getString("name"),
                        row.getString("document")))
                .list();
    }

    static Optional<String> find(Tx tx, String tenant, Kind kind, String name) {
        return tx.sql()
                .createQuery(
                        "SELECT document FROM gateway_declaration WHERE tenant = :tenant AND kind = :kind AND name = :name")
                .bind("tenant", tenant)
                .bind("kind", kind.label())
                .bind("name", name)
                .mapTo(String.class)
                .findOne();
    }

    static List<Row> of(Tx tx, String tenant, Kind kind) {
        return tx.sql()
                .createQuery(
                        "SELECT name, document FROM gateway_declaration WHERE tenant = :tenant AND kind = :kind ORDER BY name")
                .bind("tenant", tenant)
                .bind("kind", kind.label())
                .map((row, _) -> new Row(tenant, kind.label(), row.getString("name"), row.getString("document")))
                .list();
    }

    static List<String> names(Tx tx, String tenant, Kind kind) {
        return of(tx, tenant, kind).stream().map(Row::name).toList();
    }

    static void put(Tx tx, String tenant, Kind kind, String name, String document, long now) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO gateway_declaration (tenant, kind, name, document, changed_at)
                        VALUES (:tenant, :kind, :name, :document, :now)
                        ON CONFLICT (tenant, kind, name) DO UPDATE SET
                          document = excluded.document, changed_at = excluded.changed_at
                        """)
                .bind("tenant", tenant)
                .bind("kind", kind.label())
                .bind("name", name)
                .bind("document", document)
                .bind("now", now)
                .execute();
    }

    static void remove(Tx tx, String tenant, Kind kind, String name) {
        tx.sql()
                .createUpdate(
                        "DELETE FROM gateway_declaration WHERE tenant = :tenant AND kind = :kind AND name = :name")
                .bind("tenant", tenant)
                .bind("kind", kind.label())
                .bind("name", name)
                .execute();
    }
}
