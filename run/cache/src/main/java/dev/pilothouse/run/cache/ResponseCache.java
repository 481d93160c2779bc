package dev.pilothouse.run.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.RemovalCause;
import dev.pilothouse.kernel.Digest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Answers that are kept in the memory of this server, until their time is over or others are asked for more often (W-TinyLFU, Einziger
 * et al. 2017, as Caffeine has it). They end with the server. Thread-safe; nothing here waits.
 */
public final class ResponseCache {
    /** Texts of one wording whose answers are kept beside one another. */
    static final int MOST_ALIKE = 4;

    /** What finding an answer takes beside its bytes, roughly. */
    private static final int OVERHEAD = 512;

    /**
     * A found answer.
     *
     * @param question what it answered first
     * @param age since it was kept
     * @param vector embedding of the question's text, as a unit vector; null where it was never needed
     */
    public record Found(Question question, KeptAnswer answer, Duration age, float @Nullable [] vector) {}

    private record Entry(Question question, KeptAnswer answer, long keptNanos, float @Nullable [] vector) {
        int bytes() {
            return answer.body().length
                    + 2 * question.text().length()
                    + (vector == null ? 0 : Float.BYTES * vector.length)
                    + OVERHEAD;
        }
    }

    private record Owner(String tenant, String alias) {}

    private static final class Counts {
        final LongAdder hits = new LongAdder();
        final LongAdder misses = new LongAdder();
        final LongAdder bypasses = new LongAdder();
        final LongAdder savedNanoUsd = new LongAdder();
    }

    private final CacheConfig config;
    private final LongSupplier ticker;
    private final Cache<Digest, Entry> entries;
    /** Names of answers by their question's meaning, the newest first; a name whose answer is gone goes with it. */
    private final Map<Digest, List<Digest>> meanings = new ConcurrentHashMap<>();

    private final Map<Digest, CompletableFuture<Void>> flights = new ConcurrentHashMap<>();
    private final Map<Owner, Counts> counts = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> dropsByTenant = new ConcurrentHashMap<>();

    /** An empty cache. */
    public ResponseCache(CacheConfig config) {
        this(config, System::nanoTime);
    }

    /**
     * As above.
     *
     * @param ticker a clock in nanoseconds that never goes back, by which answers age
     */
    ResponseCache(CacheConfig config, LongSupplier ticker) {
        this.config = config;
        this.ticker = ticker;
        this.entries = Caffeine.newBuilder()
                .maximumWeight(config.maxBytes())
                .weigher((Digest _, Entry entry) -> entry.bytes())
                .expireAfter(Expiry.<Digest, Entry>writing((_, entry) -> left(entry)))
                .ticker(ticker::getAsLong)
                .executor(Runnable::run)
                .removalListener(this::removed)
                .build();
    }

    private Duration left(Entry entry) {
        return entry.answer.ttl().minus(age(entry));
    }

    private Duration age(Entry entry) {
        return Duration.ofNanos(ticker.getAsLong() - entry.keptNanos);
    }

    /** Limits of what is kept. */
    public CacheConfig config() {
        return config;
    }

    /**
     * The answer to the same question.
     *
     * @param maxAge the oldest that will do; zero for none
     * @param stillSo whether what an answer was made with is still so; one of which it is not is kept no longer
     */
    public Optional<Found> find(Question question, Duration maxAge, Predicate<KeptAnswer> stillSo) {
        return find(question.exact(), maxAge, stillSo);
    }

    /** Answers to questions of the same {@link Question#meaning}, at most {@link #MOST_ALIKE}; conditions are as above. */
    public List<Found> alike(Question question, Duration maxAge, Predicate<KeptAnswer> stillSo) {
        if (question.meaning() == null) {
            return List.of();
        }
        return meanings.getOrDefault(question.meaning(), List.of()).stream()
                .flatMap(name -> find(name, maxAge, stillSo).stream())
                .toList();
    }

    private Optional<Found> find(Digest name, Duration maxAge, Predicate<KeptAnswer> stillSo) {
        Entry entry = maxAge.isZero() ? null : entries.getIfPresent(name);
        if (entry == null) {
            return Optional.empty();
        }
        if (!stillSo.test(entry.answer)) {
            entries.asMap().remove(name, entry);
            return Optional.empty();
        }
        Duration age = age(entry);
        return age.compareTo(maxAge) > 0
                ? Optional.empty()
                : Optional.of(new Found(entry.question, entry.answer, age, entry.vector));
    }

    /**
     * Keeps an answer in the place of the one before; not one that is too long.
     *
     * @param vector embedding of the question's text; null where it is not known
     * @param drops of the tenant, as they were when the answer was asked for; where there was one since, it is not kept
     */
    public void keep(Question question, KeptAnswer answer, float @Nullable [] vector, long drops) {
        if (answer.body().length > config.maxAnswer()) {
            return;
        }
        if (question.meaning() != null) {
            meanings.compute(question.meaning(), (_, known) -> newest(question.exact(), known));
        }
        var entry = new Entry(question, answer, ticker.getAsLong(), vector);
        entries.put(question.exact(), entry);
        // Looked at behind it, so that one of both sees the other: this a drop that begins now, or the drop this entry.
        if (drops(question.tenant()) != drops) {
            entries.asMap().remove(question.exact(), entry);
        }
    }

    /** How often answers of a tenant were dropped here. */
    public long drops(String tenant) {
        return dropped(tenant).get();
    }

    private AtomicLong dropped(String tenant) {
        return dropsByTenant.computeIfAbsent(tenant, _ -> new AtomicLong());
    }

    private static List<Digest> newest(Digest name, @Nullable List<Digest> known) {
        var names = new ArrayList<Digest>();
        names.add(name);
        Objects.requireNonNullElse(known, List.<Digest>of()).stream()
                .filter(other -> !other.equals(name))
                .limit(MOST_ALIKE - 1L)
                .forEach(names::add);
        return List.copyOf(names);
    }

    /** Remembers the embedding of a kept question's text, so that it is not paid for again. */
    public void remember(Question question, float[] vector) {
        entries.asMap()
                .computeIfPresent(
                        question.exact(),
                        (_, entry) -> new Entry(entry.question, entry.answer, entry.keptNanos, vector));
    }

    private void removed(@Nullable Digest name, @Nullable Entry entry, RemovalCause cause) {
        if (name != null && entry != null && cause != RemovalCause.REPLACED && entry.question.meaning() != null) {
            meanings.computeIfPresent(entry.question.meaning(), (_, known) -> {
                List<Digest> left =
                        known.stream().filter(other -> !other.equals(name)).toList();
                return left.isEmpty() ? null : left;
            });
        }
    }

    /**
     * Lets one of several equal requests go ahead.
     *
     * @return empty where the caller goes ahead, and must {@link #land} whatever happens; else what is done once the one that went
     *     ahead has landed
     */
    public Optional<CompletableFuture<Void>> follow(Question question) {
        return Optional.ofNullable(flights.putIfAbsent(question.exact(), new CompletableFuture<>()));
    }

    /** Lets those go on that follow. */
    public void land(Question question) {
        CompletableFuture<Void> flight = flights.remove(question.exact());
        if (flight != null) {
            flight.complete(null);
        }
    }

    /**
     * Drops a tenant's answers.
     *
     * @param alias only those of this one; empty for all
     * @return how many were dropped
     */
    public int drop(String tenant, Optional<String> alias) {
        dropped(tenant).incrementAndGet();
        int dropped = 0;
        for (Map.Entry<Digest, Entry> each : entries.asMap().entrySet()) {
            Question question = each.getValue().question;
            boolean meant = question.tenant().equals(tenant)
                    && (alias.isEmpty() || alias.get().equals(question.alias()));
            if (meant && entries.asMap().remove(each.getKey(), each.getValue())) {
                dropped++;
            }
        }
        return dropped;
    }

    /**
     * Counts a request that was answered by a kept answer.
     *
     * @param savedNanoUsd what the answer cost when it was made
     */
    public void hit(String tenant, String alias, long savedNanoUsd) {
        Counts counted = counts(tenant, alias);
        counted.hits.increment();
        counted.savedNanoUsd.add(savedNanoUsd);
    }

    /** Counts a request that looked for an answer in vain. */
    public void miss(String tenant, String alias) {
        counts(tenant, alias).misses.increment();
    }

    /** Counts a request that did not look. */
    public void bypass(String tenant, String alias) {
        counts(tenant, alias).bypasses.increment();
    }

    private Counts counts(String tenant, String alias) {
        return counts.computeIfAbsent(new Owner(tenant, alias), _ -> new Counts());
    }

    /** What a tenant's answers came to. */
    public CacheStats stats(String tenant) {
        List<Counts> counted = counts.entrySet().stream()
                .filter(each -> each.getKey().tenant.equals(tenant))
                .map(Map.Entry::getValue)
                .toList();
        return stats(counted, kept(tenant).toList());
    }

    /** The same by alias, of those that were asked for; one that has no cache any more stays with what it came to. */
    public Map<String, CacheStats> statsByAlias(String tenant) {
        Map<String, List<Entry>> kept = kept(tenant).collect(Collectors.groupingBy(entry -> entry.question.alias()));
        var stats = new TreeMap<String, CacheStats>();
        counts.forEach((owner, counted) -> {
            if (owner.tenant.equals(tenant)) {
                stats.put(owner.alias, stats(List.of(counted), kept.getOrDefault(owner.alias, List.of())));
            }
        });
        return stats;
    }

    private Stream<Entry> kept(String tenant) {
        return entries.asMap().values().stream()
                .filter(entry -> entry.question.tenant().equals(tenant));
    }

    /** What all tenants' answers came to. */
    public CacheStats stats() {
        return stats(counts.values(), entries.asMap().values());
    }

    private static CacheStats stats(Iterable<Counts> counted, Iterable<Entry> kept) {
        long hits = 0;
        long misses = 0;
        long bypasses = 0;
        long saved = 0;
        for (Counts each : counted) {
            hits += each.hits.sum();
            misses += each.misses.sum();
            bypasses += each.bypasses.sum();
            saved += each.savedNanoUsd.sum();
        }
        long entries = 0;
        long bytes = 0;
        for (Entry each : kept) {
            entries++;
            bytes += each.bytes();
        }
        return new CacheStats(hits, misses, bypasses, saved, entries, bytes);
    }
}
