package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.platform.jobs.JobRun;
import dev.pilothouse.platform.jobs.Jobs;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.trust.ledger.Ledger;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Erases what the ledger knows of a person that was removed, as a durable job that a crash only delays. A second look some
 * minutes later finds the entries of requests that were still under way. Thread-safe.
 */
public final class PersonalData {
    private static final String KIND = "access.erase";
    private static final Duration SECOND_LOOK = Duration.ofMinutes(10);
    private static final int BATCH = 200;

    private final Jobs jobs;
    private final Ledger ledger;
    private final InstantSource clock;
    private final List<Holder> holders;

    /** What keeps names of principals beside the ledger. */
    @FunctionalInterface
    public interface Holder {
        /**
         * Puts the principal's id in the place of its name, in the transaction of its removal.
         *
         * @param id the removed principal's id
         * @param name the name it had
         */
        void forget(Tx tx, String tenant, String id, String name);
    }

    /**
     * Erases in that ledger, by those jobs.
     *
     * @param holders what else forgets the name
     */
    public PersonalData(Jobs jobs, Ledger ledger, InstantSource clock, List<Holder> holders) {
        this.jobs = jobs;
        this.ledger = ledger;
        this.clock = clock;
        this.holders = List.copyOf(holders);
        jobs.register(KIND, this::erase);
    }

    /**
     * Lets the holders forget the name, and asks for the erasure, in the transaction of the removal.
     *
     * @param name the name it had
     * @param entry id of the entry that records the removal, which stays
     */
    void erase(Tx tx, Principal removed, String name, List<ApiKey> keys, String entry) {
        holders.forEach(holder -> holder.forget(tx, removed.tenant(), removed.id(), name));
        ObjectNode payload = Json.object().put("principal", removed.id()).put("entry", entry);
        ArrayNode subjects = payload.putArray("subjects").add("principal/" + removed.id());
        keys.forEach(key -> subjects.add("key/" + key.id()));
        Instant now = clock.instant();
        for (Instant at : List.of(now, now.plus(SECOND_LOOK))) {
            jobs.enqueue(tx, removed.tenant(), KIND, null, payload.deepCopy(), at);
        }
    }

    private void erase(JobRun run) {
        ObjectNode payload = run.payload();
        String principal = payload.path("principal").asString();
        Set<String> subjects = new HashSet<>();
        for (JsonNode subject : payload.path("subjects")) {
            subjects.add(subject.asString());
        }
        String removal = payload.path("entry").asString();
        // Fails, and is tried again, until all that came before the removal has its number.
        var _ = ledger.proof(run.tenant(), removal);
        Caller by = Caller.system(run.tenant(), "access");
        long after = -1;
        while (after < Long.MAX_VALUE) {
            after = ledger.erase(
                    by,
                    envelope -> !envelope.id().equals(removal)
                            && (envelope.principal().equals(principal) || subjects.contains(envelope.subject())),
                    "removal of principal " + principal,
                    after,
                    BATCH);
        }
    }
}
