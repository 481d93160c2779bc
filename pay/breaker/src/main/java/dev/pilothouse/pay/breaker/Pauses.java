package dev.pilothouse.pay.breaker;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Begins and ends Safety Pauses in the database, each with its ledger entry and news in the same unit. Thread-safe. */
final class Pauses {
    /** How long a burn that a person accepted counts as usual; by then each hour of the week has taught it. */
    private static final Duration ACCEPTED = Duration.ofDays(7);

    private static final int MOST_REASON = 1_000;

    private final Store store;
    private final Ledger ledger;
    private final Notices notices;
    private final String server;

    Pauses(Store store, Ledger ledger, Notices notices, String server) {
        this.store = store;
        this.ledger = ledger;
        this.notices = notices;
        this.server = server;
    }

    static String subject(Latch latch) {
        return "agent/" + latch.agent();
    }

    /** Writes a latch with what this server saw before it, or adds that to the one that another server wrote first. */
    Latch begin(Caller by, Latch latch, List<SettledCall> trace) {
        return store.writeAndWait(tx -> {
            Optional<Latch> inserted =
                    SqlBreakerStore.open(tx, latch.tenant(), latch.agent()).isPresent()
                            ? Optional.empty()
                            : SqlBreakerStore.insert(tx, latch);
            if (inserted.isPresent()) {
                Latch its = inserted.get();
                enter(tx, by, "agent.paused", its, its.why());
                notices.tell(tx, its, "paused", its.agent() + " is paused. " + its.why());
            }
            Latch holding = inserted.or(() -> SqlBreakerStore.open(tx, latch.tenant(), latch.agent()))
                    .orElseThrow(() -> CommonError.UNAVAILABLE.because("The pause of agent '" + latch.agent()
                            + "' came together with the end of another; it is written again at once."));
            SqlBreakerStore.trace(tx, holding, server, Traces.write(trace));
            return holding;
        });
    }

    /** Adds what this server saw before a latch that another server wrote. */
    void trace(Latch latch, List<SettledCall> trace) {
        store.writeAndWait(tx -> {
            SqlBreakerStore.trace(tx, latch, server, Traces.write(trace));
            return latch;
        });
    }

    /**
     * Ends the pause of an agent.
     *
     * @return the latch that held
     */
    Latch end(Caller by, String agent, long number, String reason, boolean accept, Instant now) {
        checkPerson(by);
        checkReason(reason);
        return store.writeAndWait(tx -> {
            Latch latch = SqlBreakerStore.open(tx, by.tenant(), agent)
                    .orElseThrow(() -> BreakerError.NOT_PAUSED.because("Agent '" + agent + "' is not paused."));
            if (latch.number() != number) {
                throw BreakerError.OTHER_LATCH.because("Agent '" + agent + "' is paused by latch " + latch.number()
                        + ", not " + number + ". Look at its trace, then resume it with that number.");
            }
            var resumed = new Latch.Resumed(now, by.name(), reason);
            SqlBreakerStore.resume(tx, latch, resumed, accept ? latch.burnNanoUsdPerMinute() : 0, now.plus(ACCEPTED));
            enter(tx, by, "agent.resumed", latch, reason);
            notices.tell(tx, latch, "resumed", by.name() + " resumed " + agent + " (latch " + number + "): " + reason);
            return latch;
        });
    }

    static void checkPerson(Caller by) {
        by.require(Role.APPROVER);
        if (by.kind() != Caller.Kind.PERSON) {
            throw CommonError.FORBIDDEN.because("Only a person pauses or resumes an agent, and '" + by.name()
                    + "' is none. Use a key of a person with the role 'approver'.");
        }
    }

    static void checkReason(String reason) {
        if (reason.isBlank() || reason.length() > MOST_REASON) {
            throw CommonError.INVALID.because("Give a 'reason' of 1 to " + MOST_REASON + " characters.");
        }
    }

    private void enter(Tx tx, Caller by, String kind, Latch latch, String reason) {
        ledger.append(
                tx,
                new LedgerEntry(
                        by,
                        kind,
                        subject(latch),
                        Json.object()
                                .put("agent", latch.agent())
                                .put("latch", latch.number())
                                .put("reason", reason)
                                .put("burnNanoUsdPerMinute", Long.toString(latch.burnNanoUsdPerMinute()))
                                .put("predictedNanoUsdPerMinute", Long.toString(latch.predictedNanoUsdPerMinute()))
                                .put("levelNanoUsdPerMinute", Long.toString(latch.levelNanoUsdPerMinute()))));
    }
}
