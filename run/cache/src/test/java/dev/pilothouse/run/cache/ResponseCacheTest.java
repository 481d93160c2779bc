package dev.pilothouse.run.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.pay.prices.Usage;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.providers.Declarations;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.Provider;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ResponseCacheTest {
    private static final Duration ANY = Duration.ofDays(1);
    private static final ModelRoute ROUTE = Declarations.route(
            "chat",
            Json.parse("{\"targets\": [{\"provider\": \"p\", \"model\": \"m\"}], \"cache\": {\"mode\": \"exact\"}}"));
    private static final Provider PROVIDER =
            Declarations.provider("p", Json.parse("{\"kind\": \"compatible\", \"url\": \"http://127.0.0.1:1/v1\"}"));

    private final AtomicLong nanos = new AtomicLong();
    private final ResponseCache cache = new ResponseCache(new CacheConfig(100_000, 1_000, 10_000), nanos::get);

    private static Question question(String tenant, String alias, String text) {
        return new Question(tenant, alias, Digest.of(tenant + alias + text), Digest.of(tenant + alias), text);
    }

    static KeptAnswer answer(int bytes) {
        return new KeptAnswer(
                new byte[bytes],
                ROUTE,
                PROVIDER,
                ROUTE.targets().getFirst(),
                "v1",
                "v1",
                Usage.NONE,
                17,
                Duration.ofSeconds(60));
    }

    private void keep(Question question, KeptAnswer answer) {
        cache.keep(question, answer, null, cache.drops(question.tenant()));
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void anAnswerAgesAndEnds() {
        Question asked = question("acme", "chat", "a");
        keep(asked, answer(10));
        pass(Duration.ofSeconds(59));
        assertThat(cache.find(asked, ANY, _ -> true))
                .hasValueSatisfying(found -> assertThat(found.age()).isEqualTo(Duration.ofSeconds(59)));
        assertThat(cache.find(asked, Duration.ofSeconds(58), _ -> true)).isEmpty();
        assertThat(cache.find(asked, Duration.ZERO, _ -> true)).isEmpty();
        // An embedding that is learnt later does not make it younger.
        cache.remember(asked, new float[] {1});
        pass(Duration.ofSeconds(2));
        assertThat(cache.find(asked, ANY, _ -> true)).isEmpty();

        keep(asked, answer(10));
        pass(Duration.ofSeconds(40));
        keep(asked, answer(11));
        pass(Duration.ofSeconds(40));
        assertThat(cache.find(asked, ANY, _ -> true))
                .hasValueSatisfying(found -> assertThat(found.answer().body()).hasSize(11));
    }

    @Test
    void whatIsNoLongerSoIsForgotten() {
        Question asked = question("acme", "chat", "a");
        keep(asked, answer(10));
        assertThat(cache.find(asked, ANY, kept -> kept.priceVersion().equals("v2")))
                .isEmpty();
        assertThat(cache.find(asked, ANY, _ -> true)).isEmpty();
        assertThat(cache.alike(asked, ANY, _ -> true)).isEmpty();
    }

    @Test
    void theNewestTextsOfOneMeaningStandBesideOneAnother() {
        for (int i = 0; i < 10; i++) {
            keep(question("acme", "chat", "text " + i), answer(10));
        }
        assertThat(cache.alike(question("acme", "chat", "another"), ANY, _ -> true))
                .extracting(found -> found.question().text())
                .containsExactly("text 9", "text 8", "text 7", "text 6");
        assertThat(cache.alike(question("other", "chat", "another"), ANY, _ -> true))
                .isEmpty();
        cache.drop("acme", Optional.of("chat"));
        assertThat(cache.alike(question("acme", "chat", "another"), ANY, _ -> true))
                .isEmpty();
    }

    @Test
    void memoryIsBounded() {
        for (int i = 0; i < 1_000; i++) {
            keep(question("acme", "chat", "text " + i), answer(1_000));
        }
        assertThat(cache.stats().bytes()).isPositive().isLessThanOrEqualTo(100_000);
        Question asked = question("acme", "chat", "long");
        keep(asked, answer(10_001));
        assertThat(cache.find(asked, ANY, _ -> true)).isEmpty();
    }

    @Test
    void aTenantDropsAndCountsItsOwn() {
        keep(question("acme", "chat", "a"), answer(10));
        keep(question("acme", "other", "a"), answer(10));
        keep(question("rival", "chat", "a"), answer(10));
        cache.hit("acme", "chat", 17);
        cache.hit("acme", "other", 3);
        cache.miss("acme", "chat");
        cache.bypass("rival", "chat");
        assertThat(cache.stats("acme"))
                .extracting(
                        CacheStats::hits,
                        CacheStats::misses,
                        CacheStats::bypasses,
                        CacheStats::savedNanoUsd,
                        CacheStats::entries)
                .containsExactly(2L, 1L, 0L, 20L, 2L);
        assertThat(cache.statsByAlias("acme")).containsOnlyKeys("chat", "other");
        assertThat(cache.statsByAlias("acme").get("chat"))
                .extracting(CacheStats::hits, CacheStats::misses, CacheStats::savedNanoUsd, CacheStats::entries)
                .containsExactly(1L, 1L, 17L, 1L);
        assertThat(cache.drop("acme", Optional.of("chat"))).isEqualTo(1);
        assertThat(cache.statsByAlias("acme").get("chat"))
                .as("what was counted stays")
                .extracting(CacheStats::hits, CacheStats::entries)
                .containsExactly(1L, 0L);
        assertThat(cache.drop("acme", Optional.empty())).isEqualTo(1);
        assertThat(cache.stats("rival").entries()).isEqualTo(1);
        assertThat(cache.stats().bypasses()).isEqualTo(1);
    }

    @Test
    void whatWasAskedForBeforeATenantsDropIsNotKept() {
        Question asked = question("acme", "chat", "a");
        Question other = question("rival", "chat", "a");
        long before = cache.drops("acme");
        long others = cache.drops("rival");
        keep(asked, answer(10));
        cache.drop("acme", Optional.empty());
        cache.keep(asked, answer(10), null, before);
        cache.keep(other, answer(10), null, others);
        assertThat(cache.find(asked, ANY, _ -> true)).isEmpty();
        assertThat(cache.find(other, ANY, _ -> true)).isPresent();
        keep(asked, answer(10));
        assertThat(cache.find(asked, ANY, _ -> true)).isPresent();
    }

    @Test
    void oneOfSeveralGoesAheadUntilItLands() {
        Question asked = question("acme", "chat", "a");
        assertThat(cache.follow(asked)).isEmpty();
        var waiting = cache.follow(asked).orElseThrow();
        assertThat(waiting).isNotDone();
        cache.land(asked);
        assertThat(waiting).isCompleted();
        assertThat(cache.follow(asked)).isEmpty();
    }
}
