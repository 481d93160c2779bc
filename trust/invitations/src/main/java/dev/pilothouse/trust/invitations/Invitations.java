package dev.pilothouse.trust.invitations;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.access.Access;
import dev.pilothouse.trust.access.FailedLogins;
import dev.pilothouse.trust.access.NewKey;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Front door of invitations. Thread-safe; calls wait for the store, so they belong on virtual threads. */
public final class Invitations {
    /** The tables of invitations. */
    public static final Migrations MIGRATIONS = new Migrations("invitations");

    /** How long an invitation works unless its maker says otherwise. */
    public static final Duration LIFE = Duration.ofDays(3);

    private static final Duration LONGEST = Duration.ofDays(30);
    /** How long an invitation that ended is shown. */
    private static final Duration SHOWN = Duration.ofDays(30);
    /** Invitations of one organisation that wait. */
    private static final int MOST = 1000;

    private final Store store;
    private final Ledger ledger;
    private final Access access;
    private final FailedLogins failures;
    private final InstantSource clock;
    private final Ids ids;
    private final SqlInvitations sql = new SqlInvitations();
    private final SecureRandom random = new SecureRandom();

    /**
     * Invitations in a store that was opened with {@link #MIGRATIONS}.
     *
     * @param failures slows down whoever tries secrets that are none
     */
    public Invitations(Store store, Ledger ledger, Access access, FailedLogins failures, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.access = access;
        this.failures = failures;
        this.clock = clock;
        this.ids = Ids.secure(clock);
    }

    /**
     * An invitation that was just made.
     *
     * @param token its secret; shown this once
     */
    public record Made(Invitation invitation, String token) {
        @Override
        public String toString() {
            return "Made[" + invitation.id() + "]";
        }
    }

    /**
     * Invites a person.
     *
     * @param by an admin who holds the roles
     * @param life how long the invitation works; {@link #LIFE} where empty
     * @throws PilothouseException FORBIDDEN, INVALID, {@link InvitationError#TOO_MANY_INVITATIONS}, and {@code NAME_TAKEN}
     *     or {@code ROLE_NOT_HELD} of access
     */
    public Made invite(Caller by, String name, Set<Role> roles, Optional<Duration> life) {
        Duration lives = life.orElse(LIFE);
        if (lives.compareTo(LONGEST) > 0) {
            throw CommonError.INVALID.because(
                    "An invitation works for at most " + LONGEST.toDays() + " days. Ask for less in 'expiresIn'.");
        }
        InvitationToken token = InvitationToken.make(random);
        return store.writeAndWait(tx -> {
            Instant now = clock.instant();
            access.checkInvitable(tx, by, name, roles);
            sql.deleteEnded(tx, by.tenant(), now.minus(SHOWN));
            if (sql.waiting(tx, by.tenant(), now) >= MOST) {
                throw InvitationError.TOO_MANY_INVITATIONS.because(
                        MOST + " invitations wait already. Take some back: pilot people invitations.");
            }
            var invitation = new Invitation(
                    by.tenant(),
                    ids.next(),
                    name,
                    roles,
                    by.principal(),
                    now,
                    now.plus(lives),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
            sql.insert(tx, invitation, token.hash());
            ObjectNode facts = Json.object().put("name", name);
            ArrayNode labels = facts.putArray("roles");
            roles.stream().sorted().forEach(role -> labels.add(role.label()));
            record(
                    tx,
                    by,
                    "invitation.created",
                    invitation,
                    facts.put("expiresAt", invitation.expiresAt().toString()));
            return new Made(invitation, token.text());
        });
    }

    /**
     * Accepts an invitation: makes the person and their first key, once.
     *
     * @param text the secret, or the link that carries it
     * @param from who asks, slowed down after too many that are none
     * @throws PilothouseException NOT_FOUND, {@link InvitationError#INVITATION_ENDED}, TOO_MANY_REQUESTS, and {@code
     *     NAME_TAKEN}, {@code INACTIVE} or {@code ROLE_NOT_HELD} of access
     */
    public NewKey accept(String text, InetAddress from) {
        failures.check(from);
        Optional<InvitationToken> token = InvitationToken.parse(text);
        if (token.isEmpty()
                || store.read(tx -> sql.find(tx, token.get().hash())).isEmpty()) {
            failures.failed(from);
            throw CommonError.NOT_FOUND.because(
                    "There is no such invitation. Copy the whole link, or ask who invited you for a new one.");
        }
        return store.writeAndWait(tx -> {
            Invitation invitation = sql.find(tx, token.get().hash()).orElseThrow();
            Instant now = clock.instant();
            checkPending(invitation, now);
            NewKey key =
                    access.join(tx, invitation.tenant(), invitation.invitedBy(), invitation.name(), invitation.roles());
            sql.accept(tx, invitation, key.key().principal(), now);
            var person = new Caller(
                    invitation.tenant(),
                    key.key().principal(),
                    invitation.name(),
                    Caller.Kind.PERSON,
                    invitation.roles());
            record(
                    tx,
                    person,
                    "invitation.accepted",
                    invitation,
                    Json.object().put("key", key.key().id()));
            return key;
        });
    }

    private static void checkPending(Invitation invitation, Instant now) {
        switch (invitation.stateAt(now)) {
            case PENDING -> {}
            case ACCEPTED ->
                throw InvitationError.INVITATION_ENDED.because("This invitation was accepted at "
                        + invitation.acceptedAt().orElseThrow() + "; each works once. If that was not you, tell who"
                        + " invited you at once.");
            case REVOKED ->
                throw InvitationError.INVITATION_ENDED.because("This invitation was taken back. Ask for a new one.");
            case EXPIRED ->
                throw InvitationError.INVITATION_ENDED.because("This invitation expired at " + invitation.expiresAt()
                        + ". Ask who invited you for a new one.");
        }
    }

    /** Invitations of the caller's tenant, by id, those included that ended in the last 30 days. */
    public List<Invitation> list(Caller by, String after, int limit) {
        by.require(Role.ADMIN);
        return store.read(tx -> sql.list(tx, by.tenant(), after, limit));
    }

    /**
     * Takes an invitation back. One that has ended stays as it is.
     *
     * @throws PilothouseException FORBIDDEN, NOT_FOUND
     */
    public void revoke(Caller by, String id) {
        by.require(Role.ADMIN);
        store.writeAndWait(tx -> {
            Invitation invitation = sql.find(tx, by.tenant(), id)
                    .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no invitation '" + id + "'."));
            Instant now = clock.instant();
            if (invitation.stateAt(now) == Invitation.State.PENDING) {
                sql.revoke(tx, invitation, now);
                record(tx, by, "invitation.revoked", invitation, Json.object());
            }
            return id;
        });
    }

    Instant now() {
        return clock.instant();
    }

    private void record(Tx tx, Caller by, String kind, Invitation invitation, ObjectNode facts) {
        ledger.append(tx, new LedgerEntry(by, kind, "invitation/" + invitation.id(), facts));
    }
}
