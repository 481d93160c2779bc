package dev.pilothouse.platform.edge;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.http.Reply;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** The answers of the last while, in order of their claims. */
final class RecentReplies implements IdempotentReplies {
    private record Entry(Digest body, Instant at, @Nullable Reply reply) {}

    private final InstantSource clock;
    private final Duration keep;
    private final int most;
    private final LinkedHashMap<Key, Entry> entries = new LinkedHashMap<>();

    RecentReplies(InstantSource clock, Duration keep, int most) {
        this.clock = clock;
        this.keep = keep;
        this.most = most;
    }

    @Override
    public synchronized Claim claim(Key key, Digest body) {
        Instant now = clock.instant();
        dropOld(now);
        Entry entry = entries.get(key);
        if (entry == null) {
            entries.put(key, new Entry(body, now, null));
            return new Claim.Fresh();
        }
        if (!entry.body().equals(body)) {
            return new Claim.OtherBody();
        }
        return entry.reply() == null ? new Claim.Running() : new Claim.Answered(entry.reply());
    }

    @Override
    public Reply run(Key key, Callable<Reply> work) throws Exception {
        return work.call();
    }

    @Override
    public synchronized void save(Key key, Reply reply) {
        entries.computeIfPresent(key, (_, entry) -> new Entry(entry.body(), entry.at(), reply));
    }

    @Override
    public synchronized void forget(Key key) {
        entries.remove(key);
    }

    private void dropOld(Instant now) {
        var oldest = entries.values().iterator();
        while (oldest.hasNext()) {
            Entry entry = oldest.next();
            if (entries.size() <= most && entry.at().plus(keep).isAfter(now)) {
                return;
            }
            oldest.remove();
        }
    }
}
