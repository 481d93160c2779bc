package dev.pilothouse.run.guards;

import dev.pilothouse.platform.store.Tx;
import java.util.List;

/** Guards as rows. Stateless. */
final class SqlGuards {
    /** One guard, as JSON. */
    record Row(String tenant, String name, String document) {}

    private SqlGuards() {}

    static List<Row> all(Tx tx) {
        return tx.sql()
                .createQuery("SELECT tenant, name, document FROM guards_policy ORDER BY tenant, name")
                .map((row, _) -> new Row(row.getString("tenant"), row.getString("name"), row.getString("document")))
                .list();
    }

    static List<String> names(Tx tx, String tenant) {
        return tx.sql()
                .createQuery("SELECT name FROM guards_policy WHERE tenant = :tenant")
                .bind("tenant", tenant)
                .mapTo(String.class)
                .list();
    }

    static void put(Tx tx, String tenant, String name, String document, long now) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO guards_policy (tenant, name, document, changed_at)
                        VALUES (:tenant, :name, :document, :now)
                        ON CONFLICT (tenant, name) DO UPDATE SET
                          document = excluded.document, changed_at = excluded.changed_at
                        """)
                .bind("tenant", tenant)
                .bind("name", name)
                .bind("document", document)
                .bind("now", now)
                .execute();
    }

    static void remove(Tx tx, String tenant, String name) {
        tx.sql()
                .createUpdate("DELETE FROM guards_policy WHERE tenant = :tenant AND name = :name")
                .bind("tenant", tenant)
                .bind("name", name)
                .execute();
    }
}
