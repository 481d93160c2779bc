package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Makes, replaces and ends keys. Thread-safe; calls wait for the store, so they belong on virtual threads. */
public final class Keys {
    /** How long the old key goes on working beside the new one, unless someone says otherwise. */
    public static final Duration OVERLAP = Duration.ofDays(1);

    private static final Duration LONGEST_OVERLAP = Duration.ofDays(90);

    private final Store store;
    private final Ledger ledger;
    private final KeyAuthenticator authenticator;
    private final AccessConfig config;
    private final InstantSource clock;
    private final SqlAccessStore sql = new SqlAccessStore();
    private final SqlSessions sessions = new SqlSessions();
    private final SecureRandom random = new SecureRandom();

    Keys(Store store, Ledger ledger, KeyAuthenticator authenticator, AccessConfig config, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.authenticator = authenticator;
        this.config = config;
        this.clock = clock;
    }

    /**
     * Makes a key.
     *
     * @param by an admin; or a person for themselves
     * @param principal id or name of whom the key stands for; the caller where empty
     * @param roles what it grants: roles that the caller and the principal both hold
     * @param unit id of the department, team or project whose budgets count what it is used for; only an admin may say it, and
     *     where it is not said, the key has the unit of the key that the caller calls with
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN, NOT_FOUND, {@link AccessError#ROLE_NOT_HELD}, {@link
     *     AccessError#INACTIVE}, {@link AccessError#LIFE_TOO_LONG}
     */
    public NewKey create(
            Caller by, Optional<String> principal, String name, Set<Role> roles, KeyLife life, Optional<String> unit) {
        Rules.checkName("name", name);
        Rules.checkRoles(roles);
        Optional<Duration> lives = Rules.life(life, config);
        return store.writeAndWait(tx -> {
            Principal owner = sql.require(tx, by.tenant(), principal.orElse(by.principal()));
            boolean own = owner.id().equals(by.principal()) && by.kind() == Caller.Kind.PERSON;
            if (!own) {
                by.require(Role.ADMIN);
            }
            checkActive(owner);
            Rules.checkMayGive(by, roles);
            Rules.checkHolds(owner, roles);
            return make(tx, by, owner, name, unitFor(tx, by, unit), roles, lives);
        });
    }

    /** Nobody leaves the budgets of their unit by making a key. */
    private String unitFor(Tx tx, Caller by, Optional<String> wanted) {
        if (wanted.isPresent()) {
            by.require(Role.ADMIN);
            return checkedUnit(tx, by, wanted.get());
        }
        return sql.key(tx, by.tenant(), by.key()).map(ApiKey::unit).orElse("");
    }

    /** The id of a unit below the organisation; empty for the organisation itself. */
    private String checkedUnit(Tx tx, Caller by, String id) {
        if (id.isEmpty() || id.equals(by.tenant())) {
            return "";
        }
        return sql.unit(tx, by.tenant(), id)
                .map(Unit::id)
                .orElseThrow(() -> CommonError.NOT_FOUND.because(
                        "There is no unit '" + id + "'. GET /api/v1/units tells the departments, teams and projects."));
    }

    /**
     * Gives a key to a unit, whose budgets count it from then on: in this process at once, in other replicas within a second.
     *
     * @param by an admin
     * @param unit id of a department, team or project; empty for none
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN, NOT_FOUND
     */
    public ApiKey move(Caller by, String id, String unit) {
        by.require(Role.ADMIN);
        return store.writeAndWait(tx -> {
            ApiKey key = visible(tx, by, id);
            String to = checkedUnit(tx, by, unit);
            if (!key.unit().equals(to)) {
                sql.move(tx, by.tenant(), id, to);
                record(tx, by, "key.moved", id, Json.object().put("unit", to));
                tx.afterCommit(authenticator::forgetAll);
            }
            return visible(tx, by, id);
        });
    }

    /** Keys of the tenant, by id: all for an admin, else the caller's own. */
    public List<ApiKey> list(Caller by, String after, int limit) {
        Optional<String> only = by.has(Role.ADMIN) ? Optional.empty() : Optional.of(by.principal());
        return store.read(tx -> sql.keys(tx, by.tenant(), only, after, limit));
    }

    /**
     * Makes a key that takes another one's place: the same principal, name, roles and length of life. The old one goes on
     * working for a while, so that those who use it can change over, and then ends.
     *
     * @param by an admin, or the person whose key it is, who holds all its roles by the key that calls
     * @param overlap how long the old key still works; zero ends it at once
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND, also for keys that the caller may not see; {@link
     *     AccessError#KEY_ENDED}, {@link AccessError#ROLE_NOT_HELD}, {@link AccessError#INACTIVE}, INVALID
     */
    public NewKey rotate(Caller by, String id, Duration overlap) {
        if (overlap.isNegative() || overlap.compareTo(LONGEST_OVERLAP) > 0) {
            throw CommonError.INVALID.because("The overlap must be from 0s to " + LONGEST_OVERLAP.toDays() + "d.");
        }
        return store.writeAndWait(tx -> {
            ApiKey old = visible(tx, by, id);
            Instant now = clock.instant();
            if (!old.worksAt(now)) {
                throw AccessError.KEY_ENDED.because(
                        "The key '" + id
                                + "' is revoked or expired, so there is nothing to take over. Make a new one: pilot keys create.");
            }
            Principal owner = sql.require(tx, by.tenant(), old.principal());
            if (!by.has(Role.ADMIN) && by.kind() != Caller.Kind.PERSON) {
                by.require(Role.ADMIN);
            }
            checkActive(owner);
            Rules.checkMayGive(by, old.roles());
            Set<Role> roles = Rules.stillHeld(owner, old.roles());
            Optional<Duration> life = old.expiresAt().map(end -> Duration.between(old.createdAt(), end));
            NewKey made = make(tx, by, owner, old.name(), old.unit(), roles, Rules.within(life, config));
            Instant end = old.expiresAt()
                    .filter(given -> given.isBefore(now.plus(overlap)))
                    .orElse(now.plus(overlap));
            sql.expire(tx, by.tenant(), id, end);
            record(
                    tx,
                    by,
                    "key.rotated",
                    id,
                    Json.object()
                            .put("principal", owner.id())
                            .put("replacedBy", made.key().id())
                            .put("endsAt", end.toString()));
            tx.afterCommit(authenticator::forgetAll);
            return made;
        });
    }

    /**
     * Ends a key, in this process at once and in other replicas within a second. Revoking again changes nothing.
     *
     * @param by an admin, or the principal whose key it is
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND, also for keys that the caller may not see
     */
    public void revoke(Caller by, String id) {
        store.writeAndWait(tx -> {
            revoke(tx, by, visible(tx, by, id));
            return id;
        });
    }

    private void revoke(Tx tx, Caller by, ApiKey key) {
        if (key.revokedAt().isPresent()) {
            return;
        }
        sql.revoke(tx, key.tenant(), key.id(), clock.instant());
        sessions.deleteOfKey(tx, key.tenant(), key.id());
        record(tx, by, "key.revoked", key.id(), Json.object().put("principal", key.principal()));
        tx.afterCommit(authenticator::forgetAll);
    }

    /** Ends all keys and sessions of a principal that is removed, and forgets what the keys were called. */
    List<ApiKey> endAll(Tx tx, Caller by, Principal owner) {
        List<ApiKey> keys = sql.keys(tx, owner.tenant(), Optional.of(owner.id()), "", Integer.MAX_VALUE);
        keys.forEach(key -> revoke(tx, by, key));
        sql.forgetKeyNames(tx, owner.tenant(), owner.id());
        return keys;
    }

    /** Makes the key in the transaction of what gives its owner a right to it. */
    NewKey make(Tx tx, Caller by, Principal owner, String name, String unit, Set<Role> roles, Optional<Duration> life) {
        KeyText text = KeyText.make(random);
        var key = new ApiKey(
                owner.tenant(),
                text.id(),
                owner.id(),
                name,
                unit,
                roles,
                clock.instant(),
                life.map(duration -> clock.instant().plus(duration)),
                Optional.empty(),
                Optional.empty());
        sql.insertKey(tx, key, text.hash());
        ObjectNode facts = Json.object().put("principal", owner.id()).put("name", name);
        facts.set("roles", Access.labels(roles));
        facts.put("unit", unit)
                .put("expiresAt", key.expiresAt().map(Object::toString).orElse(null));
        record(tx, by, "key.created", key.id(), facts);
        return new NewKey(key, text.text());
    }

    private ApiKey visible(Tx tx, Caller by, String id) {
        return sql.key(tx, by.tenant(), id)
                .filter(found -> by.has(Role.ADMIN) || found.principal().equals(by.principal()))
                .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no key '" + id + "'."));
    }

    private static void checkActive(Principal owner) {
        if (!owner.active()) {
            throw AccessError.INACTIVE.because("'" + owner.name() + "' is "
                    + (owner.isRemoved() ? "removed" : "deactivated") + "; only an active principal gets a key.");
        }
    }

    private void record(Tx tx, Caller by, String kind, String key, ObjectNode facts) {
        ledger.append(tx, new LedgerEntry(by, kind, "key/" + key, facts));
    }
}
