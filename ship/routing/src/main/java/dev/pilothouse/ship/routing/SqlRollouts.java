package dev.pilothouse.ship.routing;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.releases.Phase;
import dev.pilothouse.ship.spec.Resource;
import dev.pilothouse.ship.spec.RouteTree;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Rollouts of aliases as rows. Stateless. */
final class SqlRollouts {
    private static final String SELECT = """
            SELECT tenant, id, number, document, base, phase, step, paused, sentence, since, revision
            FROM routing_rollout
            """;

    private SqlRollouts() {}

    static void insert(Tx tx, RouteRollout rollout) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO routing_rollout (tenant, id, alias, number, document, base, phase, step, paused,
                            sentence, since, revision, created_at, updated_at)
                        VALUES (:tenant, :id, :alias, :number, :document, :base, :phase, :step, :paused, :sentence,
                            :since, 0, :since, :since)""")
                .bind("tenant", rollout.tenant())
                .bind("id", rollout.id())
                .bind("alias", rollout.alias())
                .bind("number", rollout.number())
                .bind("document", rollout.document())
                .bind("base", rollout.base())
                .bind("phase", rollout.phase().name())
                .bind("step", rollout.step())
                .bind("paused", rollout.paused() ? 1 : 0)
                .bind("sentence", rollout.sentence())
                .bind("since", rollout.since().toEpochMilli())
                .execute();
    }

    /**
     * Stores where it stands now.
     *
     * @throws dev.pilothouse.kernel.PilothouseException CONFLICT where somebody else moved it meanwhile
     */
    static void update(Tx tx, RouteRollout rollout, Instant now) {
        int changed = tx.sql()
                .createUpdate("""
                        UPDATE routing_rollout SET phase = :phase, step = :step, paused = :paused, sentence = :sentence,
                            since = :since, revision = revision + 1, updated_at = :now
                        WHERE tenant = :tenant AND id = :id AND revision = :revision""")
                .bind("phase", rollout.phase().name())
                .bind("step", rollout.step())
                .bind("paused", rollout.paused() ? 1 : 0)
                .bind("sentence", rollout.sentence())
                .bind("since", rollout.since().toEpochMilli())
                .bind("now", now.toEpochMilli())
                .bind("tenant", rollout.tenant())
                .bind("id", rollout.id())
                .bind("revision", rollout.revision())
                .execute();
        if (changed == 0) {
            throw CommonError.CONFLICT.because(
                    "The rollout of '" + rollout.alias() + "' moved meanwhile. Look at it, then try again.");
        }
    }

    static Optional<RouteRollout> find(Tx tx, String tenant, String id) {
        return tx.sql()
                .createQuery(SELECT + "WHERE tenant = :tenant AND id = :id")
                .bind("tenant", tenant)
                .bind("id", id)
                .map((rows, _) -> row(rows))
                .findOne();
    }

    /** The newest of an alias. */
    static Optional<RouteRollout> latest(Tx tx, String tenant, String alias) {
        return tx.sql()
                .createQuery(SELECT + "WHERE tenant = :tenant AND alias = :alias ORDER BY number DESC LIMIT 1")
                .bind("tenant", tenant)
                .bind("alias", alias)
                .map((rows, _) -> row(rows))
                .findOne();
    }

    /** The newest of each alias of a tenant, by alias. */
    static List<RouteRollout> latest(Tx tx, String tenant) {
        return tx.sql()
                .createQuery(SELECT + """
                        WHERE tenant = :tenant AND number = (
                            SELECT MAX(other.number) FROM routing_rollout other
                            WHERE other.tenant = routing_rollout.tenant AND other.alias = routing_rollout.alias)
                        ORDER BY alias""")
                .bind("tenant", tenant)
                .map((rows, _) -> row(rows))
                .list();
    }

    /** Those in motion, of all tenants. */
    static List<RouteRollout> moving(Tx tx) {
        return tx.sql()
                .createQuery(SELECT + "WHERE phase = :phase ORDER BY tenant, alias")
                .bind("phase", Phase.CANARY.name())
                .map((rows, _) -> row(rows))
                .list();
    }

    private static RouteRollout row(ResultSet rows) throws SQLException {
        Resource.OfRoute declared = RouteTree.read(rows.getString("document"));
        return new RouteRollout(
                rows.getString("tenant"),
                rows.getString("id"),
                rows.getLong("number"),
                declared.route(),
                declared.plan().orElseThrow(),
                rows.getInt("base"),
                Phase.valueOf(rows.getString("phase")),
                rows.getInt("step"),
                rows.getInt("paused") == 1,
                rows.getString("sentence"),
                Instant.ofEpochMilli(rows.getLong("since")),
                rows.getLong("revision"));
    }
}
