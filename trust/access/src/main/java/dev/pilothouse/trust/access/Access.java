package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Front door of access. Thread-safe; calls wait for the store, so they belong on virtual threads. */
public final class Access {
    /** Access's tables. */
    public static final Migrations MIGRATIONS = new Migrations("access");

    /** The organisation that the first start makes, which runs the installation. */
    public static final String FIRST_ORGANISATION = "default";

    /** Longest life of a key that expires. */
    public static final Duration MAX_LIFE = Duration.ofDays(3660);

    private static final String FIRST_PERSON = "admin";

    private final Store store;
    private final Ledger ledger;
    private final SqlAccessStore sql;
    private final SqlSessions sessions = new SqlSessions();
    private final KeyAuthenticator authenticator;
    private final InstantSource clock;
    private final Ids ids;
    private final SecureRandom random = new SecureRandom();

    /**
     * Access in a store that was opened with {@link #MIGRATIONS}.
     *
     * @param authenticator of the same store, told of every change
     */
    public Access(Store store, Ledger ledger, KeyAuthenticator authenticator, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.sql = new SqlAccessStore();
        this.authenticator = authenticator;
        this.clock = clock;
        this.ids = Ids.secure(clock);
    }

    /**
     * Makes the organisation {@value #FIRST_ORGANISATION}, a person with all roles and a key for that person, unless
     * there is an organisation already.
     *
     * @return the key, this once; empty at every later start
     */
    public Optional<NewKey> bootstrap() {
        return store.writeAndWait(tx -> {
            if (sql.hasOrganisation(tx)) {
                return Optional.empty();
            }
            Caller by = Caller.system(FIRST_ORGANISATION, "bootstrap");
            var organisation = new Unit(
                    FIRST_ORGANISATION,
                    FIRST_ORGANISATION,
                    "",
                    Unit.Kind.ORGANISATION,
                    FIRST_ORGANISATION,
                    clock.instant());
            sql.insertUnit(tx, organisation);
            record(tx, by, "organisation.created", "organisation/" + FIRST_ORGANISATION, Json.object());
            var admin = new Principal(
                    FIRST_ORGANISATION,
                    ids.next(),
                    Caller.Kind.PERSON,
                    FIRST_PERSON,
                    Set.of(Role.ADMIN),
                    true,
                    clock.instant());
            sql.insertPrincipal(tx, admin);
            record(tx, by, "principal.created", subject(admin), describe(admin));
            return Optional.of(makeKey(tx, by, admin, "first admin key", Set.of(Role.ADMIN), Optional.empty()));
        });
    }

    /**
     * Makes a new key for an admin of the first organisation, for an operator who lost all keys but owns the machine.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND where there is no active admin
     */
    public NewKey recoveryKey() {
        return store.writeAndWait(tx -> {
            Principal admin = sql.activePrincipals(tx, FIRST_ORGANISATION).stream()
                    .filter(Access::isAdmin)
                    .findFirst()
                    .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no active admin in the organisation '"
                            + FIRST_ORGANISATION + "' to make a key for."));
            return makeKey(
                    tx,
                    Caller.system(FIRST_ORGANISATION, "recovery"),
                    admin,
                    "recovery key",
                    Set.of(Role.ADMIN),
                    Optional.empty());
        });
    }

    /**
     * Makes a key.
     *
     * @param by an admin; or a person for themselves
     * @param principal id or name of whom the key stands for; the caller where empty
     * @param roles what it grants: roles that the caller and the principal both hold
     * @param life how long it works; without end where empty
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN, NOT_FOUND, {@link AccessError#ROLE_NOT_HELD}, {@link
     *     AccessError#INACTIVE}
     */
    public NewKey createKey(
            Caller by, Optional<String> principal, String name, Set<Role> roles, Optional<Duration> life) {
        Rules.checkName("name", name);
        Rules.checkRoles(roles);
        life.ifPresent(Rules::checkLife);
        return store.writeAndWait(tx -> {
            Principal owner = find(tx, by.tenant(), principal.orElse(by.principal()));
            boolean own = owner.id().equals(by.principal()) && by.kind() == Caller.Kind.PERSON;
            if (!own) {
                by.require(Role.ADMIN);
            }
            if (!owner.active()) {
                throw AccessError.INACTIVE.because(
                        "'" + owner.name() + "' is deactivated; activate it before it gets a key.");
            }
            Rules.checkMayGive(by, roles);
            Rules.checkHolds(owner, roles);
            return makeKey(tx, by, owner, name, roles, life);
        });
    }

    /** Keys of the tenant, by id: all for an admin, else the caller's own. */
    public List<ApiKey> keys(Caller by, String after, int limit) {
        Optional<String> only = by.has(Role.ADMIN) ? Optional.empty() : Optional.of(by.principal());
        return store.read(tx -> sql.keys(tx, by.tenant(), only, after, limit));
    }

    /**
     * Ends a key, in this process at once and in other replicas within a second. Revoking again changes nothing.
     *
     * @param by an admin, or the principal whose key it is
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND, also for keys that the caller may not see
     */
    public void revokeKey(Caller by, String id) {
        store.writeAndWait(tx -> {
            ApiKey key = sql.key(tx, by.tenant(), id)
                    .filter(found -> by.has(Role.ADMIN) || found.principal().equals(by.principal()))
                    .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no key '" + id + "'."));
            if (key.revokedAt().isEmpty()) {
                sql.revoke(tx, by.tenant(), id, clock.instant());
                sessions.deleteOfKey(tx, by.tenant(), id);
                record(tx, by, "key.revoked", "key/" + id, Json.object().put("principal", key.principal()));
                tx.afterCommit(authenticator::forgetAll);
            }
            return id;
        });
    }

    /**
     * Makes a principal.
     *
     * @param by an admin that holds the roles it gives
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN, {@link AccessError#NAME_TAKEN}, {@link
     *     AccessError#ROLE_NOT_FOR_KIND}
     */
    public Principal createPrincipal(Caller by, Caller.Kind kind, String name, Set<Role> roles) {
        by.require(Role.ADMIN);
        Rules.checkName("name", name);
        Rules.checkMayGive(by, roles);
        Rules.checkFits(kind, roles);
        return store.writeAndWait(tx -> {
            if (sql.principal(tx, by.tenant(), name).isPresent()) {
                throw AccessError.NAME_TAKEN.because("There is a principal named '" + name
                        + "' already. Names are unique in an" + " organisation; choose another.");
            }
            var principal = new Principal(by.tenant(), ids.next(), kind, name, roles, true, clock.instant());
            sql.insertPrincipal(tx, principal);
            record(tx, by, "principal.created", subject(principal), describe(principal));
            return principal;
        });
    }

    /**
     * Changes a principal's roles or whether it is active; takes effect on all its keys.
     *
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN, NOT_FOUND, {@link AccessError#LAST_ADMIN}, {@link
     *     AccessError#ROLE_NOT_FOR_KIND}
     */
    public Principal changePrincipal(Caller by, String idOrName, Optional<Boolean> active, Optional<Set<Role>> roles) {
        by.require(Role.ADMIN);
        return store.writeAndWait(tx -> {
            Principal before = find(tx, by.tenant(), idOrName);
            roles.ifPresent(given -> {
                Rules.checkMayGive(by, given);
                Rules.checkFits(before.kind(), given);
            });
            var after = new Principal(
                    before.tenant(),
                    before.id(),
                    before.kind(),
                    before.name(),
                    roles.orElse(before.roles()),
                    active.orElse(before.active()),
                    before.createdAt());
            if (after.equals(before)) {
                return before;
            }
            boolean adminBefore = before.active() && isAdmin(before);
            boolean adminAfter = after.active() && isAdmin(after);
            if (adminBefore
                    && !adminAfter
                    && sql.activePrincipals(tx, by.tenant()).stream()
                                    .filter(Access::isAdmin)
                                    .count()
                            == 1) {
                throw AccessError.LAST_ADMIN.because(
                        "'" + before.name() + "' is the last active admin; without one nobody could"
                                + " manage the organisation. Make another admin first.");
            }
            sql.updatePrincipal(tx, after);
            record(tx, by, "principal.changed", subject(after), describe(after));
            tx.afterCommit(authenticator::forgetAll);
            return after;
        });
    }

    /** Principals of the tenant, by id. */
    public List<Principal> principals(String tenant, String after, int limit) {
        return store.read(tx -> sql.principals(tx, tenant, after, limit));
    }

    /** A principal by id or name. */
    public Optional<Principal> principal(String tenant, String idOrName) {
        return store.read(tx -> sql.principal(tx, tenant, idOrName));
    }

    /**
     * Makes a department, team or project.
     *
     * @param parent id of the unit above; the organisation where empty
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN, NOT_FOUND, {@link AccessError#NAME_TAKEN}, INVALID where
     *     such a unit cannot stand below such a parent
     */
    public Unit createUnit(Caller by, Unit.Kind kind, String name, Optional<String> parent) {
        by.require(Role.ADMIN);
        Rules.checkName("name", name);
        return store.writeAndWait(tx -> {
            String above = parent.orElse(by.tenant());
            Unit over = sql.unit(tx, by.tenant(), above)
                    .orElseThrow(
                            () -> CommonError.NOT_FOUND.because("There is no unit '" + above + "' to stand below."));
            if (kind.compareTo(over.kind()) <= 0) {
                throw CommonError.INVALID.because("A " + kind.label() + " cannot stand below a "
                        + over.kind().label() + ". The order is organisation, department, team, project.");
            }
            if (sql.hasUnit(tx, by.tenant(), above, name)) {
                throw AccessError.NAME_TAKEN.because("'" + over.name() + "' has a unit named '" + name + "' already.");
            }
            var unit = new Unit(by.tenant(), ids.next(), above, kind, name, clock.instant());
            sql.insertUnit(tx, unit);
            record(
                    tx,
                    by,
                    "unit.created",
                    "unit/" + unit.id(),
                    Json.object().put("kind", kind.label()).put("name", name).put("parent", above));
            return unit;
        });
    }

    /** The tenant's whole tree, in the order in which it was made. */
    public List<Unit> units(String tenant) {
        return store.read(tx -> sql.units(tx, tenant));
    }

    private NewKey makeKey(Tx tx, Caller by, Principal owner, String name, Set<Role> roles, Optional<Duration> life) {
        KeyText text = KeyText.make(random);
        var key = new ApiKey(
                owner.tenant(),
                text.id(),
                owner.id(),
                name,
                roles,
                clock.instant(),
                life.map(duration -> clock.instant().plus(duration)),
                Optional.empty(),
                Optional.empty());
        sql.insertKey(tx, key, text.hash());
        ObjectNode facts = Json.object().put("principal", owner.id()).put("name", name);
        facts.set("roles", labels(roles));
        facts.put("expiresAt", key.expiresAt().map(Object::toString).orElse(null));
        record(tx, by, "key.created", "key/" + key.id(), facts);
        return new NewKey(key, text.text());
    }

    private Principal find(Tx tx, String tenant, String idOrName) {
        return sql.principal(tx, tenant, idOrName)
                .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no principal '" + idOrName + "'."));
    }

    private void record(Tx tx, Caller by, String kind, String subject, ObjectNode facts) {
        ledger.append(tx, new LedgerEntry(by, kind, subject, facts));
    }

    private static boolean isAdmin(Principal principal) {
        return principal.roles().contains(Role.ADMIN);
    }

    private static String subject(Principal principal) {
        return "principal/" + principal.id();
    }

    private static ObjectNode describe(Principal principal) {
        ObjectNode facts = Json.object()
                .put("kind", Rules.label(principal.kind()))
                .put("name", principal.name())
                .put("active", principal.active());
        facts.set("roles", labels(principal.roles()));
        return facts;
    }

    static ArrayNode labels(Set<Role> roles) {
        ArrayNode labels = Json.array();
        if (!roles.isEmpty()) {
            EnumSet.copyOf(roles).forEach(role -> labels.add(role.label()));
        }
        return labels;
    }
}
