package dev.pilothouse.run.serving;

import dev.pilothouse.platform.columns.Columns;
import dev.pilothouse.platform.columns.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** Columns that keep what is appended. */
final class MemoryColumns implements Columns {
    final List<Row> rows = new CopyOnWriteArrayList<>();

    @Override
    public void define(Signal signal, Duration retention) {}

    @Override
    public CompletableFuture<Void> append(String tenant, String signal, List<Row> more) {
        rows.addAll(more);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Result> query(String tenant, String sql, List<?> parameters, Duration limit) {
        return CompletableFuture.completedFuture(new Result(List.of(), new ArrayList<>()));
    }

    @Override
    public CompletableFuture<Void> flush() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> sync() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public Map<String, Long> rowsBySignal() {
        return Map.of();
    }

    @Override
    public void close() {}
}
