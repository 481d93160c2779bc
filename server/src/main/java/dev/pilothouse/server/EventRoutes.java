package dev.pilothouse.server;

import dev.pilothouse.kernel.Caller;
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

/**
 * What happens, as it happens: each client follows the numbered entries of its organisation from the moment it came, and is
 * told kind and subject, never the payload. It looks at the store twice a second, so that entries of other replicas are
 * seen too; what is told is on the ledger already.
 */
final class EventRoutes {
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);
    private static final int AT_ONCE = 500;

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
        return Reply.events(sink -> follow(sink, caller.tenant()));
    }

    private void follow(EventSink sink, String tenant) throws Exception {
        long seen = journal.size() - 1;
        sink.send("ready", "{}");
        while (sink.pause(BETWEEN_LOOKS)) {
            long newest = journal.size() - 1;
            while (seen < newest) {
                List<JournalEntry> entries = journal.read(tenant, seen, AT_ONCE);
                for (JournalEntry entry : entries) {
                    sink.send("change", text(entry.record()));
                }
                // Where there were fewer than asked for, the others up to the newest are not this organisation's.
                seen = entries.size() < AT_ONCE ? newest : entries.getLast().sequence();
            }
        }
    }

    private static String text(JournalRecord record) {
        return Json.write(Json.object()
                .put("kind", record.kind())
                .put("subject", record.subject())
                .put("at", Instant.ofEpochMilli(record.at()).toString()));
    }
}
