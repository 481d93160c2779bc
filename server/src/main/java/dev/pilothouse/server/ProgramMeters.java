package dev.pilothouse.server;

import dev.pilothouse.platform.columns.ColumnsStats;
import dev.pilothouse.platform.columns.DuckColumns;
import dev.pilothouse.platform.journal.FollowerStatus;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.spans.SpanExporter;
import dev.pilothouse.run.cache.ResponseCache;
import dev.pilothouse.run.gateway.Gateway;
import dev.pilothouse.ship.delivery.Delivery;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.BaseUnits;
import java.nio.file.Path;
import java.util.function.ToLongFunction;

/** What {@code /metrics} shows of ledger, releases, store and columns; read when it is asked for. */
final class ProgramMeters {
    private final MeterRegistry registry;

    ProgramMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    /** The version as a label, so that charts can mark an upgrade. */
    void version(String text) {
        Gauge.builder("pilothouse.version", () -> 1)
                .description("The running program; always 1")
                .tag("version", text)
                .register(registry);
    }

    void spans(SpanExporter exporter) {
        FunctionCounter.builder("pilothouse.spans.sent", exporter, SpanExporter::sent)
                .description("Spans that the collector took")
                .register(registry);
        FunctionCounter.builder("pilothouse.spans.dropped", exporter, SpanExporter::dropped)
                .description("Spans that the collector did not get")
                .register(registry);
    }

    void cache(ResponseCache cache) {
        FunctionCounter.builder("pilothouse.cache.hits", cache, c -> c.stats().hits())
                .description("Requests to language models that a kept answer answered")
                .register(registry);
        FunctionCounter.builder("pilothouse.cache.misses", cache, c -> c.stats().misses())
                .description("Requests to language models that looked for a kept answer in vain")
                .register(registry);
        FunctionCounter.builder(
                        "pilothouse.cache.saved.nano.usd", cache, c -> c.stats().savedNanoUsd())
                .description("What the kept answers that were given cost when they were made")
                .register(registry);
        Gauge.builder("pilothouse.cache.size", cache, c -> c.stats().bytes())
                .description("Memory that kept answers take")
                .baseUnit(BaseUnits.BYTES)
                .register(registry);
    }

    void ledger(Journal journal) {
        FunctionCounter.builder("pilothouse.ledger.entries", journal, Journal::size)
                .description("Numbered entries of the ledger, all organisations")
                .register(registry);
        Gauge.builder(
                        "pilothouse.ledger.followers.behind",
                        journal,
                        j -> j.followers().stream()
                                .mapToLong(FollowerStatus::behind)
                                .max()
                                .orElse(0))
                .description("Numbered entries that the slowest follower of the ledger has not done")
                .register(registry);
        Gauge.builder(
                        "pilothouse.ledger.followers.failing",
                        journal,
                        j -> j.followers().stream()
                                .filter(follower -> follower.failure() != null)
                                .count())
                .description("Followers of the ledger that fail at an entry and try it again")
                .register(registry);
    }

    void releases(Delivery delivery) {
        for (String phase : Delivery.phases()) {
            Gauge.builder("pilothouse.releases", delivery, d -> d.releases(phase))
                    .description("Releases by the phase they are in, all organisations")
                    .tag("phase", phase)
                    .register(registry);
        }
    }

    void providers(Gateway gateway) {
        MultiGauge up = MultiGauge.builder("pilothouse.provider.up")
                .description("Whether a provider's last probe succeeded; only of providers that are probed")
                .register(registry);
        gateway.onProbed(() -> up.register(
                gateway.probed().stream()
                        .map(state -> MultiGauge.Row.of(
                                Tags.of("organisation", state.tenant(), "provider", state.provider()),
                                state.isUp() ? 1 : 0))
                        .toList(),
                true));
    }

    void store(Path folder) {
        for (String file : new String[] {"state.db", "state.db-wal"}) {
            Gauge.builder(
                            "pilothouse.store.file",
                            folder,
                            f -> f.resolve(file).toFile().length())
                    .description("Size of the embedded store's files; 0 on PostgreSQL")
                    .baseUnit(BaseUnits.BYTES)
                    .tag("file", file)
                    .register(registry);
        }
    }

    void columns(DuckColumns columns) {
        counter(columns, "rows.appended", "Rows of signals acknowledged since the start", ColumnsStats::appendedRows);
        counter(
                columns,
                "batches.refused",
                "Batches refused because the loader was behind",
                ColumnsStats::refusedBatches);
        counter(columns, "queries", "Queries over signals", ColumnsStats::queries);
        counter(columns, "queries.failed", "Queries over signals that failed", ColumnsStats::failedQueries);
        gauge(columns, "behind", "Acknowledged bytes that queries do not see yet", ColumnsStats::behindBytes);
        gauge(columns, "files.size", "Size of the sealed files", ColumnsStats::fileBytes);
    }

    private void counter(DuckColumns columns, String name, String description, ToLongFunction<ColumnsStats> of) {
        FunctionCounter.builder("pilothouse.columns." + name, columns, c -> of.applyAsLong(c.stats()))
                .description(description)
                .register(registry);
    }

    private void gauge(DuckColumns columns, String name, String description, ToLongFunction<ColumnsStats> of) {
        Gauge.builder("pilothouse.columns." + name, columns, c -> of.applyAsLong(c.stats()))
                .description(description)
                .baseUnit(BaseUnits.BYTES)
                .register(registry);
    }
}
