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
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
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
    private static final Pattern ORGANISATION = Pattern.compile("[a-z][a-z0-9-]{0,62}");

    private final Store store;
    private final Ledger ledger;
    private final SqlAccessStore sql;
    private final SqlSessions sessions = new SqlSessions();
    private final KeyAuthenticator authenticator;
    private final AccessConfig config;
    private final InstantSource clock;
    private final Ids ids;
    private final Keys keys;

    /**
     * Access in a store that was opened with {@link #MIGRATIONS}.
     *
     * @param authenticator of the same store, told of every change
     */
    public Access(
            Store store, Ledger ledger, KeyAuthenticator authenticator, AccessConfig config, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.sql = new SqlAccessStore();
        this.authenticator = authenticator;
        this.config = config;
        this.clock = clock;
        this.ids = Ids.secure(clock);
        this.keys = new Keys(store, ledger, authenticator, config, clock);
    }

    /** Front door of keys. */
    public Keys keys() {
        return keys;
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
            return Optional.of(makeOrganisation(
                    tx, Caller.system(FIRST_ORGANISATION, "bootstrap"), FIRST_ORGANISATION, FIRST_PERSON));
        });
    }

    /**
     * Makes a further organisation, which sees nothing of others, with a person that has all roles there.
     *
     * @param by an admin of {@value #FIRST_ORGANISATION}, which runs the installation
     * @param name lower-case letters, digits and dashes; it is the tenant's id
     * @param admin name of its first admin
     * @return the key of that admin, this once
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN, INVALID, {@link AccessError#NAME_TAKEN}
     */
    public NewKey createOrganisation(Caller by, String name, String admin) {
        by.require(Role.ADMIN);
        if (!by.tenant().equals(FIRST_ORGANISATION)) {
            throw CommonError.FORBIDDEN.because("Only admins of the organisation '" + FIRST_ORGANISATION
                    + "', which runs this installation, make organisations.");
        }
        if (!ORGANISATION.matcher(name).matches()) {
            throw CommonError.INVALID.because(
                    "'" + name + "' is no name of an organisation. Use 1 to 63 lower-case letters,"
                            + " digits and dashes, a letter first.");
        }
        Rules.checkName("admin", admin);
        return store.writeAndWait(tx -> {
            if (sql.unit(tx, name, name).isPresent()) {
                throw AccessError.NAME_TAKEN.because("There is an organisation '" + name + "' already.");
            }
            record(tx, by, "organisation.created", "organisation/" + name, Json.object());
            return makeOrganisation(tx, Caller.system(name, "bootstrap"), name, admin);
        });
    }

    private NewKey makeOrganisation(Tx tx, Caller by, String tenant, String person) {
        sql.insertUnit(tx, new Unit(tenant, tenant, "", Unit.Kind.ORGANISATION, tenant, clock.instant()));
        record(tx, by, "organisation.created", "organisation/" + tenant, Json.object());
        Principal admin = insert(tx, by, Caller.Kind.PERSON, person, Set.of(Role.ADMIN));
        return keys.make(tx, by, admin, "first admin key", "", Set.of(Role.ADMIN), config.longest());
    }

    private Principal insert(Tx tx, Caller by, Caller.Kind kind, String name, Set<Role> roles) {
        if (sql.principal(tx, by.tenant(), name).isPresent()) {
            throw AccessError.NAME_TAKEN.because("There is a principal named '" + name
                    + "' already. Names are unique in an organisation; choose another.");
        }
        var principal =
                new Principal(by.tenant(), ids.next(), kind, name, roles, true, clock.instant(), Optional.empty());
        sql.insertPrincipal(tx, principal);
        record(tx, by, "principal.created", subject(principal), describe(principal));
        return principal;
    }

    /**
     * Makes a person and the first key for them, in the transaction of the invitation that they accept.
     *
     * @param inviter who invited them; checked anew, since they may have lost roles in the meantime
     * @throws dev.pilothouse.kernel.PilothouseException {@link AccessError#NAME_TAKEN}, {@link AccessError#INACTIVE} or
     *     {@link AccessError#ROLE_NOT_HELD} where the inviter may not give these roles any more
     */
    public NewKey join(Tx tx, String tenant, String inviter, String name, Set<Role> roles) {
        Principal by = sql.principal(tx, tenant, inviter)
                .filter(Principal::active)
                .orElseThrow(() -> AccessError.INACTIVE.because(
                        "Who made this invitation is not active any more, so it has ended. Ask for a new one."));
        Rules.checkHolds(by, roles);
        Caller inviting = new Caller(tenant, by.id(), by.name(), by.kind(), by.roles());
        Principal person = insert(tx, inviting, Caller.Kind.PERSON, name, roles);
        return keys.make(tx, inviting, person, "first key", "", roles, config.usualLife());
    }

    /**
     * Refuses a name and roles that a new person cannot have, before an invitation is sent.
     *
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN, INVALID, {@link AccessError#NAME_TAKEN}, {@link
     *     AccessError#ROLE_NOT_HELD}
     */
    public void checkInvitable(Tx tx, Caller by, String name, Set<Role> roles) {
        by.require(Role.ADMIN);
        Rules.checkName("name", name);
        Rules.checkRoles(roles);
        Rules.checkMayGive(by, roles);
        if (sql.principal(tx, by.tenant(), name).isPresent()) {
            throw AccessError.NAME_TAKEN.because(
                    "There is a principal named '" + name + "' already, who can be given a key or roles.");
        }
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
            return keys.make(
                    tx,
                    Caller.system(FIRST_ORGANISATION, "recovery"),
                    admin,
                    "recovery key",
                    "",
                    Set.of(Role.ADMIN),
                    config.longest());
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
        return store.writeAndWait(tx -> insert(tx, by, kind, name, roles));
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
            Principal before = sql.require(tx, by.tenant(), idOrName);
            checkNotRemoved(before);
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
                    before.createdAt(),
                    before.removedAt());
            if (after.equals(before)) {
                return before;
            }
            if (!after.active() || !isAdmin(after)) {
                checkNotLastAdmin(tx, before);
            }
            if (!after.active()) {
                sessions.deleteOfPrincipal(tx, by.tenant(), before.id());
            }
            sql.updatePrincipal(tx, after);
            record(tx, by, "principal.changed", subject(after), describe(after));
            tx.afterCommit(authenticator::forgetAll);
            return after;
        });
    }

    /**
     * Removes a principal for good: its keys and sessions end at once, its name is forgotten, and the payloads of the ledger's
     * entries that it made or that are about it are erased in the background, since they hold the name; releases and secrets
     * name its id from then on. What happened to
     * what, when and by which id stays on the ledger, and all hashes stay true. Removing again changes nothing.
     *
     * @param erasure erases payloads
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN, NOT_FOUND, {@link AccessError#LAST_ADMIN}
     */
    public Principal removePrincipal(Caller by, String idOrName, PersonalData erasure) {
        by.require(Role.ADMIN);
        return store.writeAndWait(tx -> {
            Principal before = sql.require(tx, by.tenant(), idOrName);
            if (before.isRemoved()) {
                return before;
            }
            checkNotLastAdmin(tx, before);
            var after = new Principal(
                    before.tenant(),
                    before.id(),
                    before.kind(),
                    before.id(),
                    Set.of(),
                    false,
                    before.createdAt(),
                    Optional.of(clock.instant()));
            sql.updatePrincipal(tx, after);
            List<ApiKey> ended = keys.endAll(tx, by, before);
            // An admin who removes themselves leaves no name with the entry.
            Caller remover = by.principal().equals(before.id())
                    ? new Caller(by.tenant(), by.principal(), by.principal(), by.kind(), by.roles())
                    : by;
            String entry = record(tx, remover, "principal.removed", subject(after), Json.object());
            erasure.erase(tx, after, before.name(), ended, entry);
            tx.afterCommit(authenticator::forgetAll);
            return after;
        });
    }

    private void checkNotLastAdmin(Tx tx, Principal leaving) {
        boolean alone = leaving.active()
                && isAdmin(leaving)
                && sql.activePrincipals(tx, leaving.tenant()).stream()
                                .filter(Access::isAdmin)
                                .count()
                        == 1;
        if (alone) {
            throw AccessError.LAST_ADMIN.because("'" + leaving.name() + "' is the last active admin; without one nobody"
                    + " could manage the organisation. Make another admin first.");
        }
    }

    private static void checkNotRemoved(Principal principal) {
        if (principal.isRemoved()) {
            throw AccessError.INACTIVE.because(
                    "'" + principal.id() + "' was removed for good, with its name. Add or invite the person anew.");
        }
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
        if (name.contains("/")) {
            throw CommonError.INVALID.because("The name of a unit has no '/', which stands between names in its path.");
        }
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

    private String record(Tx tx, Caller by, String kind, String subject, ObjectNode facts) {
        return ledger.append(tx, new LedgerEntry(by, kind, subject, facts));
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
