package dev.pilothouse.run.splits;

import dev.pilothouse.kernel.Buckets;
import dev.pilothouse.run.providers.ModelRoute;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Front door of splits in this process. Thread-safe; calls of aliases that are not split take no lock. */
public final class Splits {
    /** Calls whose outcome may still be told. */
    static final int REMEMBERED = 50_000;

    private record Key(String tenant, String alias) {}

    private record Told(LiveSplit split, boolean candidate) {}

    private volatile Map<Key, LiveSplit> live = Map.of();
    /** Those that are split no more, until what was counted of them is taken. Guarded by this. */
    private List<LiveSplit> over = List.of();

    private final Map<String, Told> calls = new LinkedHashMap<>(16, 0.75f, false) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Told> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** Makes these the splits there are; one that goes on keeps its counts. */
    public synchronized void set(List<Split> splits) {
        var next = new HashMap<Key, LiveSplit>();
        for (Split split : splits) {
            var key = new Key(split.tenant(), split.alias());
            LiveSplit known = live.get(key);
            if (known != null && known.split().id().equals(split.id())) {
                known.set(split);
                next.put(key, known);
            } else {
                next.put(key, new LiveSplit(split));
            }
        }
        var ended = new ArrayList<>(over);
        live.values().stream().filter(each -> !next.containsValue(each)).forEach(ended::add);
        over = List.copyOf(ended);
        live = Map.copyOf(next);
    }

    /**
     * The side of a call.
     *
     * @param stable the alias as it is declared
     * @param session what stays on one side, or empty
     * @param requestId decides where there is no session
     */
    public Side side(String tenant, ModelRoute stable, String session, String requestId) {
        Map<Key, LiveSplit> all = live;
        LiveSplit found = all.isEmpty() ? null : all.get(new Key(tenant, stable.alias()));
        if (found == null) {
            return Side.whole(stable);
        }
        Split split = found.split();
        if (split.stable() != stable.version()) {
            return Side.whole(stable);
        }
        boolean candidate = Buckets.of(session.isEmpty() ? requestId : session, split.id()) < split.perMille();
        remember(tenant, requestId, new Told(found, candidate));
        return new Side(candidate ? split.candidate() : stable, found, candidate);
    }

    private void remember(String tenant, String requestId, Told told) {
        synchronized (calls) {
            calls.put(tenant + "/" + requestId, told);
        }
    }

    /**
     * Counts the outcome that somebody tells of a call; further ones change nothing.
     *
     * @return false where this process did not split that call, or has forgotten it
     */
    public boolean outcome(String tenant, String requestId, boolean success) {
        Told told;
        synchronized (calls) {
            told = calls.remove(tenant + "/" + requestId);
        }
        if (told == null) {
            return false;
        }
        told.split.labelled(told.candidate, success);
        return true;
    }

    /** What was counted since it was last taken. */
    public synchronized List<SideCount> takeCounts() {
        var taken = new ArrayList<SideCount>();
        over.forEach(split -> taken.addAll(split.take()));
        over = List.of();
        live.values().forEach(split -> taken.addAll(split.take()));
        return taken;
    }

    /** How long stable sides took lately, where enough of them were answered and the split leaves open what is slow. */
    public List<StableWait> stableWaits() {
        return live.values().stream()
                .filter(each -> each.split().slowAfter().equals(Split.AUTO))
                .flatMap(each -> each.stableWaits().stream())
                .toList();
    }

    /** Sets what is slow, while that is the alias' stable version. */
    public void slowAfter(String tenant, String alias, Wait wait, int version, Duration limit) {
        LiveSplit found = live.get(new Key(tenant, alias));
        if (found != null) {
            found.slowAfter(wait, version, limit);
        }
    }
}
