package dev.pilothouse.run.batches;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.pay.budgets.Budget;
import dev.pilothouse.pay.usage.Asked;
import dev.pilothouse.pay.usage.Target;
import dev.pilothouse.pay.usage.UsageEnd;
import dev.pilothouse.pay.usage.UsageOpening;
import dev.pilothouse.pay.usage.UsageRecord;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.segments.Position;
import dev.pilothouse.run.gateway.GatewayError;
import dev.pilothouse.run.gateway.Identity;
import dev.pilothouse.run.providers.ProviderAnswer;
import dev.pilothouse.trust.ledger.LedgerEntry;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Charges batches that have ended, and keeps a record of usage of each of their answers; both once, whichever servers try.
 * Thread-safe; waits for providers.
 *
 * <p>The charge is one transaction: the batch's stage, its reservation and its entry in the ledger. It also names this server as the one
 * that keeps the records, since each server keeps its own. They follow, at places that the batch's id and the answers' order give, so
 * that after a crash those that are kept already are left out.
 */
final class Settler {
    /** How a batch ends. */
    private static final Set<String> ENDED = Set.of("completed", "failed", "expired", "cancelled");

    /** Longer than providers work on a batch, which is a day, and than their files are hard to have. */
    private static final Duration LONGEST = Duration.ofDays(4);

    private static final Logger log = LoggerFactory.getLogger(Settler.class);
    private static final InputStream NOTHING = InputStream.nullInputStream();
    private static final int RECORDS_PER_APPEND = 1_000;
    private static final int LOCKS = 256;

    private final Batches.Sources of;
    private final String server;
    /** Charged by this process, and not yet tried to record. */
    private final Set<String> fresh = ConcurrentHashMap.newKeySet();

    /** One thread of this process at a time charges or records a batch; by its id, several batches have one lock. */
    private final List<ReentrantLock> locks =
            Stream.generate(ReentrantLock::new).limit(LOCKS).toList();

    /**
     * @param server this server, for ever
     */
    Settler(Batches.Sources of, String server) {
        this.of = of;
        this.server = server;
    }

    /** What a batch asks for. */
    private RequestFile asked(StoredBatch batch) {
        return of.store()
                .read(tx -> SqlBatches.file(tx, batch.tenant(), batch.inputFile(), true))
                .map(file -> RequestFile.parse(file.requests()))
                .orElseThrow(() -> CommonError.INTERNAL.because(
                        "The file of the batch " + batch.id() + " is not known any more."));
    }

    private Bill bill(StoredBatch batch, RequestFile asked) {
        return Bill.of(
                asked,
                of.prices().version(batch.tenant(), batch.priceVersion()),
                batch.prices(),
                Instant.ofEpochMilli(batch.createdAt()));
    }

    private ProviderAnswer content(StoredBatch batch, String file) {
        return of.gateway().ask(batch.tenant(), batch.provider(), "GET", "/files/" + file + "/content", "", NOTHING);
    }

    /**
     * Charges a batch where it has ended.
     *
     * @param document as its provider tells it
     * @return whether it is charged now
     */
    boolean see(StoredBatch batch, ObjectNode document) {
        if (batch.stage().isCharged()) {
            return true;
        }
        if (!ENDED.contains(document.path("status").asString(""))) {
            return false;
        }
        settleOnce(batch, file(batch, document, "output_file_id"), file(batch, document, "error_file_id"), false);
        return true;
    }

    /** The id of a file of answers, empty for none; one that cannot be read must not be taken for none. */
    private static String file(StoredBatch batch, ObjectNode document, String member) {
        String id = Told.id(document, member);
        if (id.isEmpty() && !document.path(member).asString("").isEmpty()) {
            throw GatewayError.UPSTREAM_FAILED.because(
                    "'" + batch.provider() + "' tells a '" + member + "' that is no id.");
        }
        return id;
    }

    /** Charges a batch its ceiling whose end nobody can tell any more. */
    void giveUp(StoredBatch batch) {
        if (of.clock().millis() - batch.createdAt() > LONGEST.toMillis()) {
            log.warn(
                    "Nobody can tell what the batch {} of {} used, so that it is charged its ceiling",
                    batch.id(),
                    batch.provider());
            settleOnce(batch, "", "", true);
        }
    }

    private void settleOnce(StoredBatch batch, String output, String errors, boolean lost) {
        ReentrantLock lock = lock(batch.id());
        lock.lock();
        try {
            if (!now(batch.id()).stage().isCharged()) {
                settle(batch, output, errors, lost);
            }
        } finally {
            lock.unlock();
        }
    }

    private ReentrantLock lock(String id) {
        return locks.get(Math.floorMod(id.hashCode(), LOCKS));
    }

    private StoredBatch now(String id) {
        return of.store().read(tx -> SqlBatches.batch(tx, id)).orElseThrow();
    }

    private void settle(StoredBatch batch, String output, String errors, boolean lost) {
        RequestFile asked = asked(batch);
        List<String> files =
                Stream.of(output, errors).filter(file -> !file.isEmpty()).toList();
        Answers.Sum sum = new Answers(asked, bill(batch, asked), files, lost)
                .sum(Account.parse(batch.account()), file -> content(batch, file));
        List<StoredFile> kept =
                files.stream().map(file -> described(batch, file)).toList();
        var entry = new LedgerEntry(
                Caller.system(batch.tenant(), "batches"),
                "batch.settled",
                "batch/" + (batch.providerId().isEmpty() ? batch.id() : batch.providerId()),
                Json.object()
                        .put("provider", batch.provider())
                        .put("answers", Long.toString(sum.answers()))
                        .put("nanoUsd", Long.toString(sum.nanoUsd()))
                        .put("ceilingNanoUsd", Long.toString(batch.ceiling()))
                        .put("priceVersion", batch.priceVersion())
                        .put("bounded", lost));
        boolean first = of.store().writeAndWait(tx -> {
            if (!SqlBatches.settle(tx, batch.id(), output, errors, sum.nanoUsd(), lost, server)) {
                return false;
            }
            boolean _ = of.reservations().settle(tx, batch.id(), sum.parts());
            kept.forEach(file -> SqlBatches.put(tx, file));
            var _ = of.ledger().append(tx, entry);
            return true;
        });
        if (first && sum.nanoUsd() > batch.ceiling()) {
            log.warn(
                    "The batch {} cost {} nano-USD, more than its ceiling of {}: the overheads of {} are declared too low",
                    batch.providerId(),
                    sum.nanoUsd(),
                    batch.ceiling(),
                    batch.provider());
        }
        if (first) {
            fresh.add(batch.id());
        }
    }

    private StoredFile described(StoredBatch batch, String file) {
        Told told = Told.of(of.gateway().ask(batch.tenant(), batch.provider(), "GET", "/files/" + file, "", NOTHING));
        ObjectNode document = told.isOk()
                ? told.document(batch.provider())
                : Json.object().put("id", file).put("object", "file").put("purpose", "batch_output");
        return new StoredFile(
                batch.tenant(),
                file,
                batch.provider(),
                Json.write(document),
                "",
                of.clock().millis());
    }

    /** Keeps the records of what this server has charged. */
    void record() {
        for (StoredBatch batch : of.store().read(tx -> SqlBatches.unrecorded(tx, server))) {
            ReentrantLock lock = lock(batch.id());
            if (lock.tryLock()) {
                try {
                    record(now(batch.id()));
                } catch (RuntimeException e) {
                    log.warn("Records of usage of the batch {} were not kept; they are tried again", batch.id(), e);
                } finally {
                    lock.unlock();
                }
            }
        }
    }

    private void record(StoredBatch batch) {
        String id = batch.id();
        if (batch.stage() != StoredBatch.Stage.SETTLED) {
            return;
        }
        // Only after a failure or a crash may some be kept already, which costs a question.
        Set<Position> kept =
                fresh.remove(id) ? Set.of() : of.usage().kept(batch.tenant(), id, Position.START, new Position(1, 0));
        RequestFile asked = asked(batch);
        Bill bill = bill(batch, asked);
        List<String> files = Stream.of(batch.outputFile(), batch.errorFile())
                .filter(file -> !file.isEmpty())
                .toList();
        var records = new ArrayList<UsageRecord>();
        var place = new long[1];
        Account account = Account.parse(batch.account());
        long latencyMicros =
                TimeUnit.MILLISECONDS.toMicros(Math.max(0, of.clock().millis() - batch.createdAt()));
        new Answers(asked, bill, files, batch.bounded()).each(file -> content(batch, file), answer -> {
            var at = new Position(0, place[0]++);
            if (!kept.contains(at)) {
                records.add(usage(
                        batch, at, account.of(asked.users().get(answer.line().user())), bill, answer, latencyMicros));
            }
            if (records.size() == RECORDS_PER_APPEND) {
                of.usage().append(batch.tenant(), List.copyOf(records));
                records.clear();
            }
        });
        if (!records.isEmpty()) {
            of.usage().append(batch.tenant(), records);
        }
        of.usage().sync();
        of.store().writeAndWait(tx -> {
            SqlBatches.recorded(tx, batch);
            return id;
        });
    }

    private UsageRecord usage(
            StoredBatch batch, Position at, Identity who, Bill bill, Answers.Answer answer, long latencyMicros) {
        RequestFile.Line line = answer.line();
        RequestFile.Model model = bill.file().models().get(line.model());
        var target = new Target(batch.provider(), model.name(), bill.version(line.model()), false);
        var asked = new Asked(
                batch.providerId() + "/" + line.customId(),
                "openai.batch." + bill.file().dialect().name().toLowerCase(Locale.ROOT),
                model.alias(),
                false,
                TimeUnit.MILLISECONDS.toMicros(batch.createdAt()));
        var end = new UsageEnd(
                target,
                answer.outcome(),
                answer.status(),
                answer.error(),
                false,
                0,
                answer.usage(),
                latencyMicros,
                -1,
                List.of());
        return new UsageRecord(
                batch.id(),
                at,
                new UsageOpening(who.who(), asked, 1, target),
                end,
                of.budgets().of(batch.tenant(), who.scopes()).stream()
                        .map(Budget::id)
                        .toList(),
                bill.ceiling(line).nanoUsd(),
                answer.cost().nanoUsd());
    }
}
