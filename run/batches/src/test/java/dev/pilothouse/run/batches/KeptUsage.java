package dev.pilothouse.run.batches;

import dev.pilothouse.pay.usage.UsageRecord;
import dev.pilothouse.pay.usage.UsageSink;
import dev.pilothouse.platform.segments.Position;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/** Records of usage in memory; with {@code failures}, so many appends keep what they are given and then fail. */
final class KeptUsage implements UsageSink {
    private final List<UsageRecord> records = new CopyOnWriteArrayList<>();
    private int failures;

    synchronized void failNext(int appends) {
        failures = appends;
    }

    @Override
    public synchronized void append(String tenant, List<UsageRecord> more) {
        records.addAll(more);
        if (failures > 0) {
            failures--;
            throw new IllegalStateException("The columns went away after they kept it");
        }
    }

    @Override
    public void sync() {}

    @Override
    public Set<Position> kept(String tenant, String log, Position from, Position to) {
        return records.stream()
                .filter(each -> each.log().equals(log))
                .map(UsageRecord::at)
                .filter(at -> at.compareTo(from) >= 0 && at.compareTo(to) < 0)
                .collect(Collectors.toSet());
    }

    List<UsageRecord> records() {
        return List.copyOf(records);
    }

    long nanoUsd() {
        return records.stream().mapToLong(UsageRecord::costNanoUsd).sum();
    }
}
