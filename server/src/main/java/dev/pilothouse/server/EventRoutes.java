package dev.pilothouse.server;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.EventSink;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.journal.JournalEntry;
import dev.pilothouse.platform.journal.JournalRecord;
import dev.pilothouse.platform.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What happens, as it happens: each client follows the numbered entries of its organisation and is told kind and subject,
 * never the payload. It begins with the moment it came, or after the entry that it names in {@code Last-Event-ID} or {@code
 * after}: then it is told what happened meanwhile, each entry once, whether the connection broke or the server was started
 * anew. Where that is too much or the ledger is another one, it is told {@code missed} and should look anew. It looks at the
 * store twice a second, so that entries of other replicas are seen too; what is told is on the ledger already. A client that
 * reads slowly holds up nobody: what it has not been told yet waits in the journal.
 */
final class EventRoutes {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
    private static final int AT_ONCE = 500;
    /** More entries than this are not told one by one to who was away. */
    private static final long CAUGHT_UP = 2_000;

    private final Journal journal;

    EventRoutes(Journal journal) {
        this.journal = journal;
    }

    void addTo(RouteTable table) {
        table.api().on("GET", "/api/v1/events", Access.caller(), "watchEvents", this::watch);
    }

    private Reply watch(Call call) {
        Caller caller = call.caller();
        if (!caller.has(Role.AUDITOR)) {
            caller.require(Role.VIEWER);
        }
        Optional<Long> after = after(call);
        return Reply.events(sink -> follow(sink, caller.tenant(), after));
    }

    /** The entry that the client heard of last; the header, which browsers send by themselves, is newer than the address. */
    private static Optional<Long> after(Call call) {
        Optional<String> named = call.header("last-event-id").or(() -> call.query("after"));
        return named.filter(text -> !text.isBlank()).map(text -> {
            try {
                return Long.parseLong(text.strip());
            } catch (NumberFormatException e) {
                throw CommonError.INVALID.because(
                        "'" + text + "' is no entry's number; send the id of the last event that you received.", e);
            }
        });
    }

    private void follow(EventSink sink, String tenant, Optional<Long> after) throws Exception {
        long present = journal.size() - 1;
        long seen = after.orElse(present);
        boolean missed = seen < -1 || seen > present || present - seen > CAUGHT_UP;
        if (missed) {
            seen = present;
        }
        sink.send(Long.toString(seen), missed ? "missed" : "ready", "{}");
        while (sink.pause(BETWEEN_LOOKS)) {
            long newest = journal.size() - 1;
            while (seen < newest) {
                List<JournalEntry> entries = journal.read(tenant, seen, AT_ONCE);
                for (JournalEntry entry : entries) {
                    sink.send(Long.toString(entry.sequence()), "change", text(entry));
                }
                // Where there were fewer than asked for, the others up to the newest are not this organisation's; those
                // that came since the newest was looked at may be among what was read already.
                long last = entries.isEmpty() ? seen : entries.getLast().sequence();
                seen = entries.size() < AT_ONCE ? Math.max(newest, last) : last;
            }
        }
    }

    private static String text(JournalEntry entry) {
        JournalRecord record = entry.record();
        return Json.write(Json.object()
                .put("number", entry.sequence())
                .put("kind", record.kind())
                .put("subject", record.subject())
                .put("at", Instant.ofEpochMilli(record.at()).toString()));
    }
}
