package dev.pilothouse.trust.policy;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** Front door of approvals. Thread-safe. */
public final class Approvals implements AutoCloseable {
    /** Policy's tables. */
    public static final Migrations MIGRATIONS = new Migrations("policy");

    /** Longest time a request may wait for its decision. */
    public static final Duration MAX_WAIT = Duration.ofDays(366);

    private static final Logger log = LoggerFactory.getLogger(Approvals.class);
    private static final int SWEEP = 100;
    private static final int MAX_COMMENT = 4000;

    private final Store store;
    private final Ledger ledger;
    private final InstantSource clock;
    private final Ids ids;
    private final SqlApprovalStore sql = new SqlApprovalStore();
    private final List<Consumer<Approval>> listeners = new CopyOnWriteArrayList<>();
    private final ExpirySweep sweep;

    /** Approvals in a store that was opened with {@link #MIGRATIONS}; {@link #start} makes unanswered ones lapse. */
    public Approvals(Store store, Ledger ledger, InstantSource clock) {
        this.store = store;
        this.ledger = ledger;
        this.clock = clock;
        this.ids = Ids.secure(clock);
        this.sweep = new ExpirySweep(this::sweep);
    }

    /** Lets requests lapse when their time has passed, those of the time before the start included. */
    public void start() {
        sweep.start();
    }

    /**
     * Calls back after an approval was approved, rejected or has expired and this is durable. The call comes on a thread
     * of the store: it must only wake something. After a crash it may never come, so reconcilers look at {@link #find} too.
     */
    public void onDecision(Consumer<Approval> listener) {
        listeners.add(listener);
    }

    /**
     * Asks for a decision, in the transaction of the state that waits for it; the same subject and digest asked again
     * answers the approval that is there, unless that has expired.
     *
     * @param by who asks, and can therefore not decide
     * @param subject what it is about, such as {@code release/8f…}
     * @param digest digest of exactly what is to be approved
     * @param role who may decide
     * @param reason why it is asked, in words for the approver
     * @param lapsesAfter how long it waits, more than nothing and at most {@link #MAX_WAIT}
     */
    public Approval request(
            Tx tx, Caller by, String subject, Digest digest, Role role, String reason, Duration lapsesAfter) {
        if (lapsesAfter.isNegative() || lapsesAfter.isZero() || lapsesAfter.compareTo(MAX_WAIT) > 0) {
            throw CommonError.INVALID.because("An approval waits more than nothing and at most " + MAX_WAIT.toDays()
                    + " days, not " + lapsesAfter + ".");
        }
        Instant now = clock.instant();
        Optional<Approval> there = sql.newest(tx, by.tenant(), subject, digest);
        if (there.isPresent()) {
            Approval known = lapsedBy(there.get(), now);
            if (!(known.outcome() instanceof Approval.Outcome.Expired)) {
                return known;
            }
            expire(tx, there.get(), now);
        }
        Instant asked = Instant.ofEpochMilli(now.toEpochMilli());
        var approval = new Approval(
                ids.next(),
                by.tenant(),
                subject,
                digest,
                role,
                by.principal(),
                reason,
                asked,
                Instant.ofEpochMilli(asked.plus(lapsesAfter).toEpochMilli()),
                new Approval.Outcome.Pending());
        sql.insert(tx, approval);
        record(
                tx,
                by,
                "approval.requested",
                approval,
                Json.object()
                        .put("digest", digest.toString())
                        .put("role", role.label())
                        .put("reason", reason)
                        .put("expiresAt", approval.expiresAt().toString()));
        tx.afterCommit(sweep::wake);
        return approval;
    }

    /**
     * Decides.
     *
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN to callers without the role, {@link
     *     PolicyError#OWN_REQUEST} to the requester, {@link PolicyError#NOT_A_PERSON} to those who are not persons;
     *     CONFLICT where it is decided or expired; NOT_FOUND in another tenant
     */
    public Approval decide(Caller by, String id, boolean approve, Optional<String> comment) {
        return decide(by, id, approve, comment, Optional.empty());
    }

    /**
     * As {@link #decide(Caller, String, boolean, Optional)}, saying what the decider has seen.
     *
     * @param seen digest of what the decider was shown; CONFLICT where it is not what approval was asked for
     */
    public Approval decide(Caller by, String id, boolean approve, Optional<String> comment, Optional<Digest> seen) {
        if (comment.map(String::length).orElse(0) > MAX_COMMENT) {
            throw CommonError.INVALID.because("The comment has more than " + MAX_COMMENT + " characters; shorten it.");
        }
        return store.writeAndWait(tx -> {
            Instant now = Instant.ofEpochMilli(clock.millis());
            Approval approval = sql.find(tx, by.tenant(), id)
                    .orElseThrow(() -> CommonError.NOT_FOUND.because("There is no approval '" + id + "'."));
            checkMayDecide(by, approval);
            checkOpen(lapsedBy(approval, now));
            if (seen.isPresent() && !seen.get().equals(approval.digest())) {
                throw CommonError.CONFLICT.because("The approval is for " + approval.digest()
                        + ", but you decided about " + seen.get() + ". Look at what is there now, then decide again.");
            }
            sql.decide(tx, approval, approve ? "approved" : "rejected", by.principal(), now, comment);
            record(
                    tx,
                    by,
                    approve ? "approval.approved" : "approval.rejected",
                    approval,
                    Json.object().put("digest", approval.digest().toString()).put("comment", comment.orElse(null)));
            Approval decided = sql.find(tx, by.tenant(), id).orElseThrow();
            tx.afterCommit(() -> tell(decided));
            return decided;
        });
    }

    /** One approval of the tenant, expired by now if its time has passed. */
    public Optional<Approval> find(String tenant, String id) {
        Instant now = clock.instant();
        return store.read(tx -> sql.find(tx, tenant, id)).map(approval -> lapsedBy(approval, now));
    }

    /** As {@link #find(String, String)}, in a transaction. */
    public Optional<Approval> find(Tx tx, String tenant, String id) {
        Instant now = clock.instant();
        return sql.find(tx, tenant, id).map(approval -> lapsedBy(approval, now));
    }

    /** The tenant's approvals, newest first; only pending ones where asked. */
    public List<Approval> list(String tenant, boolean pendingOnly, int limit) {
        return list(tenant, pendingOnly, "", limit);
    }

    /** As {@link #list(String, boolean, int)}, only those older than the one with an id; all where it is empty. */
    List<Approval> list(String tenant, boolean pendingOnly, String before, int limit) {
        Instant now = clock.instant();
        return store.read(tx -> sql.list(tx, tenant, pendingOnly, now, before, limit)).stream()
                .map(approval -> lapsedBy(approval, now))
                .toList();
    }

    /** Stops letting requests lapse; what lapsed meanwhile is read as expired all the same. */
    @Override
    public void close() {
        sweep.close();
    }

    /** Records what lapsed, and answers how long it is until the next may. */
    private Optional<Duration> sweep() {
        int done = SWEEP;
        while (done == SWEEP) {
            done = store.writeAndWait(tx -> {
                Instant now = clock.instant();
                List<Approval> lapsed = sql.lapsed(tx, now, SWEEP);
                lapsed.forEach(approval -> expire(tx, approval, now));
                return lapsed.size();
            });
        }
        var next = store.read(sql::nextLapse);
        return next.isPresent()
                ? Optional.of(Duration.ofMillis(Math.max(0, next.getAsLong() - clock.millis())))
                : Optional.empty();
    }

    private void expire(Tx tx, Approval approval, Instant now) {
        if (!(approval.outcome() instanceof Approval.Outcome.Pending)) {
            return;
        }
        sql.decide(tx, approval, "expired", "", approval.expiresAt(), Optional.empty());
        record(
                tx,
                Caller.system(approval.tenant(), "policy"),
                "approval.expired",
                approval,
                Json.object().put("digest", approval.digest().toString()));
        Approval expired = lapsedBy(approval, now);
        tx.afterCommit(() -> tell(expired));
    }

    private void tell(Approval approval) {
        for (Consumer<Approval> listener : listeners) {
            try {
                listener.accept(approval);
            } catch (RuntimeException e) {
                log.warn("A listener failed at the decision of approval {}", approval.id(), e);
            }
        }
    }

    private void record(Tx tx, Caller by, String kind, Approval approval, ObjectNode facts) {
        facts.put("approval", approval.id()).put("requestedBy", approval.requestedBy());
        ledger.append(tx, new LedgerEntry(by, kind, approval.subject(), facts));
    }

    private static void checkMayDecide(Caller by, Approval approval) {
        if (by.kind() != Caller.Kind.PERSON) {
            throw PolicyError.NOT_A_PERSON.because(
                    "'" + by.name() + "' is no person. Only persons decide approvals; use a" + " person's key.");
        }
        if (by.principal().equals(approval.requestedBy())) {
            throw PolicyError.OWN_REQUEST.because("'" + by.name()
                    + "' asked for this approval and so cannot decide it. Ask" + " another person with the role '"
                    + approval.role().label() + "'.");
        }
        by.require(approval.role());
    }

    private static void checkOpen(Approval approval) {
        String stands =
                switch (approval.outcome()) {
                    case Approval.Outcome.Pending _ -> "";
                    case Approval.Outcome.Approved approved -> "was approved at " + approved.at();
                    case Approval.Outcome.Rejected rejected -> "was rejected at " + rejected.at();
                    case Approval.Outcome.Expired expired ->
                        "expired at " + expired.at() + "; a new one must be asked for";
                };
        if (!stands.isEmpty()) {
            throw CommonError.CONFLICT.because("This approval " + stands + ". It can no longer be decided.");
        }
    }

    private static Approval lapsedBy(Approval approval, Instant now) {
        if (!(approval.outcome() instanceof Approval.Outcome.Pending) || now.isBefore(approval.expiresAt())) {
            return approval;
        }
        return new Approval(
                approval.id(),
                approval.tenant(),
                approval.subject(),
                approval.digest(),
                approval.role(),
                approval.requestedBy(),
                approval.reason(),
                approval.requestedAt(),
                approval.expiresAt(),
                new Approval.Outcome.Expired(approval.expiresAt()));
    }
}
