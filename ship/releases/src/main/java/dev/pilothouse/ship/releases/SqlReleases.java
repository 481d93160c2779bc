package dev.pilothouse.ship.releases;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.spec.SpecTree;
import dev.pilothouse.ship.verdicts.Trial;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Rows of releases and of their decided gates. Stateless. */
public final class SqlReleases {
    private static final String COLUMNS = """
            tenant, id, service, number, spec, candidate, origin, baseline, requested_by, note, phase, step, paused,
            ending, sentence, approval, since, revision, created_at, updated_at, ended_at""";

    private SqlReleases() {}

    /**
     * A gate that was decided.
     *
     * @param place its place among the release's gates
     * @param title what people call it
     * @param passed whether it let the release go on
     * @param sentence why
     * @param evidence what that rests on
     * @param decidedAt when
     * @param entry the ledger entry that says so; empty for those decided before entries were remembered
     */
    public record Gate(
            int place,
            String title,
            boolean passed,
            String sentence,
            JsonNode evidence,
            Instant decidedAt,
            Optional<String> entry) {}

    public static Optional<Release> find(Tx tx, String tenant, String id) {
        return tx.sql()
                .createQuery("SELECT " + COLUMNS + " FROM delivery_release WHERE tenant = ? AND id = ?")
                .bind(0, tenant)
                .bind(1, id)
                .map((rows, _) -> row(rows))
                .findOne();
    }

    /** A service's releases with numbers below the given one, newest first. */
    public static List<Release> list(Tx tx, String tenant, String service, long below, int limit) {
        return tx.sql()
                .createQuery("SELECT " + COLUMNS + """
                         FROM delivery_release WHERE tenant = ? AND service = ? AND number < ?
                        ORDER BY number DESC LIMIT ?""")
                .bind(0, tenant)
                .bind(1, service)
                .bind(2, below)
                .bind(3, limit)
                .map((rows, _) -> row(rows))
                .list();
    }

    /** A release as verdicts see it, with what was in production when it started. */
    public static Trial trial(Tx tx, Release release) {
        return release.trial(release.baseline().flatMap(id -> find(tx, release.tenant(), id)));
    }

    /** Releases of all tenants in a phase. */
    public static long count(Tx tx, String phase) {
        return tx.sql()
                .createQuery("SELECT COUNT(*) FROM delivery_release WHERE phase = ?")
                .bind(0, phase.toUpperCase(Locale.ROOT).replace('-', '_'))
                .mapTo(Long.class)
                .one();
    }

    public static void insert(Tx tx, Release release) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO delivery_release (tenant, id, service, number, spec, candidate, baseline,
                            requested_by, note, phase, step, paused, ending, sentence, approval, since, revision,
                            created_at, updated_at, ended_at, origin)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)""")
                .bind(0, release.tenant())
                .bind(1, release.id())
                .bind(2, release.service())
                .bind(3, release.number())
                .bind(4, SpecTree.text(release.spec()))
                .bind(5, Json.write(release.candidate().tree()))
                .bind(6, release.baseline().orElse(null))
                .bind(7, Json.write(caller(release.by())))
                .bind(8, release.note())
                .bind(9, release.state().phase().name())
                .bind(10, release.state().step())
                .bind(11, release.state().paused() ? 1 : 0)
                .bind(12, release.state().ending().map(Phase::name).orElse(null))
                .bind(13, release.state().sentence())
                .bind(14, release.state().approval().orElse(null))
                .bind(15, release.state().since().toEpochMilli())
                .bind(16, release.createdAt().toEpochMilli())
                .bind(17, release.updatedAt().toEpochMilli())
                .bind(18, SqlServices.millis(release.endedAt()))
                .bind(19, release.origin().map(SqlReleases::origin).orElse(null))
                .execute();
    }

    /** Stores a release's state, if nobody changed it since it was read. */
    public static void update(Tx tx, Release release) {
        int changed = tx.sql()
                .createUpdate("""
                        UPDATE delivery_release SET phase = ?, step = ?, paused = ?, ending = ?, sentence = ?,
                            approval = ?, since = ?, revision = revision + 1, updated_at = ?, ended_at = ?
                        WHERE tenant = ? AND id = ? AND revision = ?""")
                .bind(0, release.state().phase().name())
                .bind(1, release.state().step())
                .bind(2, release.state().paused() ? 1 : 0)
                .bind(3, release.state().ending().map(Phase::name).orElse(null))
                .bind(4, release.state().sentence())
                .bind(5, release.state().approval().orElse(null))
                .bind(6, release.state().since().toEpochMilli())
                .bind(7, release.updatedAt().toEpochMilli())
                .bind(8, SqlServices.millis(release.endedAt()))
                .bind(9, release.tenant())
                .bind(10, release.id())
                .bind(11, release.revision())
                .execute();
        if (changed == 0) {
            throw CommonError.CONFLICT.because("The release " + release.number() + " of '" + release.service()
                    + "' was changed by somebody else just now; read it again.");
        }
    }

    public static void insertGate(Tx tx, Release release, Gate gate) {
        tx.sql()
                .createUpdate("""
                        INSERT INTO delivery_gate (tenant, release_id, place, title, passed, sentence, evidence, decided_at,
                            entry)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""")
                .bind(0, release.tenant())
                .bind(1, release.id())
                .bind(2, gate.place())
                .bind(3, gate.title())
                .bind(4, gate.passed() ? 1 : 0)
                .bind(5, gate.sentence())
                .bind(6, Json.write(gate.evidence()))
                .bind(7, gate.decidedAt().toEpochMilli())
                .bind(8, gate.entry().orElse(null))
                .execute();
    }

    public static List<Gate> gates(Tx tx, String tenant, String releaseId) {
        return tx.sql()
                .createQuery("""
                        SELECT place, title, passed, sentence, evidence, decided_at, entry FROM delivery_gate
                        WHERE tenant = ? AND release_id = ? ORDER BY place""")
                .bind(0, tenant)
                .bind(1, releaseId)
                .map((rows, _) -> new Gate(
                        rows.getInt("place"),
                        rows.getString("title"),
                        rows.getInt("passed") == 1,
                        rows.getString("sentence"),
                        Json.parse(rows.getString("evidence")),
                        Instant.ofEpochMilli(rows.getLong("decided_at")),
                        Optional.ofNullable(rows.getString("entry"))))
                .list();
    }

    /** Remembers the ledger entry that says that a release became stable. */
    public static void promotedBy(Tx tx, Release release, String entry) {
        tx.sql()
                .createUpdate("UPDATE delivery_release SET promoted_entry = ? WHERE tenant = ? AND id = ?")
                .bind(0, entry)
                .bind(1, release.tenant())
                .bind(2, release.id())
                .execute();
    }

    /** The ledger entry that says that a release became stable; empty for those that did before it was remembered. */
    public static Optional<String> promotedBy(Tx tx, Release release) {
        return tx.sql()
                .createQuery("SELECT promoted_entry FROM delivery_release WHERE tenant = ? AND id = ?"
                        + " AND promoted_entry IS NOT NULL")
                .bind(0, release.tenant())
                .bind(1, release.id())
                .mapTo(String.class)
                .findOne();
    }

    private static String origin(Release.Origin origin) {
        return Json.write(Json.object()
                .put("release", origin.release())
                .put("service", origin.service())
                .put("environment", origin.environment())
                .put("number", origin.number())
                .put("entry", origin.entry()));
    }

    private static Release.Origin origin(String text) {
        JsonNode tree = Json.parse(text);
        return new Release.Origin(
                tree.path("release").stringValue(),
                tree.path("service").stringValue(),
                tree.path("environment").stringValue(),
                tree.path("number").longValue(),
                tree.path("entry").stringValue());
    }

    private static Release row(ResultSet rows) throws SQLException {
        return new Release(
                rows.getString("tenant"),
                rows.getString("id"),
                rows.getString("service"),
                rows.getLong("number"),
                SpecTree.read(rows.getString("spec")),
                Candidate.read(rows.getString("candidate")),
                Optional.ofNullable(rows.getString("origin")).map(SqlReleases::origin),
                Optional.ofNullable(rows.getString("baseline")),
                caller(rows.getString("requested_by")),
                rows.getString("note"),
                new Release.State(
                        Phase.valueOf(rows.getString("phase")),
                        rows.getInt("step"),
                        rows.getInt("paused") == 1,
                        Optional.ofNullable(rows.getString("ending")).map(Phase::valueOf),
                        rows.getString("sentence"),
                        Optional.ofNullable(rows.getString("approval")),
                        Instant.ofEpochMilli(rows.getLong("since"))),
                rows.getLong("revision"),
                Instant.ofEpochMilli(rows.getLong("created_at")),
                Instant.ofEpochMilli(rows.getLong("updated_at")),
                SqlServices.instant(rows, "ended_at"));
    }

    /**
     * Puts the id of a removed principal in the place of its name: where it asked for a release, and in the sentences that say
     * who did something.
     *
     * @param name the name it had
     */
    public static void forget(Tx tx, String tenant, String id, String name) {
        Pattern said = Pattern.compile("\\bby " + Pattern.quote(name) + "(?=[.:]|$)");
        tx.sql()
                .createQuery("SELECT id, requested_by, sentence FROM delivery_release WHERE tenant = ?")
                .bind(0, tenant)
                .map((rows, _) ->
                        List.of(rows.getString("id"), rows.getString("requested_by"), rows.getString("sentence")))
                .list()
                .forEach(row -> {
                    Caller by = caller(row.get(1));
                    boolean theirs = by.principal().equals(id);
                    String sentence = said.matcher(row.get(2)).replaceAll("by " + id);
                    if (theirs || !sentence.equals(row.get(2))) {
                        Caller nameless = new Caller(tenant, id, id, by.kind(), by.roles());
                        tx.sql()
                                .createUpdate(
                                        "UPDATE delivery_release SET requested_by = ?, sentence = ? WHERE tenant = ? AND id = ?")
                                .bind(0, theirs ? Json.write(caller(nameless)) : row.get(1))
                                .bind(1, sentence)
                                .bind(2, tenant)
                                .bind(3, row.get(0))
                                .execute();
                    }
                });
    }

    private static ObjectNode caller(Caller caller) {
        var tree = Json.object()
                .put("tenant", caller.tenant())
                .put("principal", caller.principal())
                .put("name", caller.name())
                .put("kind", caller.kind().name().toLowerCase(Locale.ROOT));
        var roles = tree.putArray("roles");
        caller.roles().stream().sorted().forEach(role -> roles.add(role.label()));
        return tree;
    }

    private static Caller caller(String text) {
        JsonNode tree = Json.parse(text);
        var roles = EnumSet.noneOf(Role.class);
        tree.path("roles").forEach(role -> roles.add(Role.parse(role.stringValue())));
        return new Caller(
                tree.path("tenant").stringValue(),
                tree.path("principal").stringValue(),
                tree.path("name").stringValue(),
                Caller.Kind.valueOf(tree.path("kind").stringValue().toUpperCase(Locale.ROOT)),
                roles);
    }
}
