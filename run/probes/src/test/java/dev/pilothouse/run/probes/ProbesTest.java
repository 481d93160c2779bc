package dev.pilothouse.run.probes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.providers.Probe;
import java.net.ConnectException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProbesTest {
    private static final Probe PROBE = new Probe("/health", Duration.ofSeconds(10), Duration.ofSeconds(2));

    private long now;
    private final List<ProviderState> told = new ArrayList<>();
    private final List<CompletableFuture<Integer>> asked = new ArrayList<>();
    private final Probes probes = new Probes(() -> now, () -> Instant.EPOCH.plusNanos(now), new Random(1), told::add);

    private Probed probed(String provider) {
        return new Probed("acme", provider, PROBE, () -> {
            var answer = new CompletableFuture<Integer>();
            asked.add(answer);
            return answer;
        });
    }

    private void seconds(int seconds) {
        for (int i = 0; i < 4 * seconds; i++) {
            now += Duration.ofMillis(250).toNanos();
            probes.look();
        }
    }

    @Test
    void aProviderThatFailsIsDownUntilItAnswersAgain() {
        probes.set(List.of(probed("openai")));
        seconds(10);
        assertThat(asked).hasSize(1);
        assertThat(probes.isDown("acme", "openai")).as("nothing is known yet").isFalse();
        asked.getFirst().complete(503);
        assertThat(probes.isDown("acme", "openai")).isTrue();
        assertThat(probes.isDown("other", "openai")).isFalse();
        assertThat(probes.state("acme", "openai").orElseThrow().why()).isEqualTo("It answered 503.");
        seconds(11);
        asked.getLast().completeExceptionally(new ConnectException());
        assertThat(probes.state("acme", "openai").orElseThrow().why()).isEqualTo("It cannot be reached.");
        assertThat(told).hasSize(1);
        seconds(11);
        asked.getLast().complete(204);
        assertThat(probes.isDown("acme", "openai")).isFalse();
        assertThat(told).extracting(ProviderState::isUp).containsExactly(false, true);
    }

    @Test
    void noProviderIsAskedBeforeItsLastProbeEnded() {
        probes.set(List.of(probed("openai")));
        seconds(60);
        assertThat(asked).hasSize(1);
        asked.getFirst().complete(200);
        seconds(60);
        assertThat(asked).hasSize(2);
    }

    @Test
    void itsLastProbesAreRememberedWithWhatTheyTook() {
        probes.set(List.of(probed("openai")));
        for (int i = 0; i < 2 * Probes.MOST_KEPT; i++) {
            int before = asked.size();
            while (asked.size() == before) {
                seconds(1);
            }
            now += Duration.ofMillis(i).toNanos();
            asked.getLast().complete(i % 2 == 0 ? 200 : 500);
        }
        List<ProviderState.Result> course =
                probes.state("acme", "openai").orElseThrow().course();
        assertThat(course).hasSize(Probes.MOST_KEPT);
        assertThat(course).extracting(ProviderState.Result::at).isSorted();
        assertThat(course.getLast().isUp()).isFalse();
        assertThat(course.get(Probes.MOST_KEPT - 2).isUp()).isTrue();
        // The answer comes within the second in which it was asked, after as many milliseconds as there were probes.
        assertThat(course.getLast().took())
                .isBetween(Duration.ofMillis(2 * Probes.MOST_KEPT - 1), Duration.ofMillis(2 * Probes.MOST_KEPT + 999));
    }

    @Test
    void manyProvidersAreNotAskedAtOnce() {
        probes.set(IntStream.range(0, 200).mapToObj(i -> probed("p" + i)).toList());
        probes.look();
        assertThat(asked.size())
                .as("their first probes are spread over the time between two")
                .isLessThan(10);
        seconds(10);
        assertThat(asked).as("none of them has answered").hasSize(Probes.MOST_UNDER_WAY);
        asked.getFirst().complete(200);
        seconds(1);
        assertThat(asked).hasSize(Probes.MOST_UNDER_WAY + 1);
    }

    @Test
    void whoIsAskedNoMoreIsNotDown() {
        probes.set(List.of(probed("openai"), probed("local")));
        seconds(10);
        asked.forEach(each -> each.complete(500));
        assertThat(probes.states()).hasSize(2);
        seconds(11);
        probes.set(List.of(probed("local")));
        assertThat(probes.isDown("acme", "openai")).isFalse();
        assertThat(probes.isDown("acme", "local")).isTrue();
        asked.forEach(each -> each.complete(500));
        assertThat(probes.isDown("acme", "openai"))
                .as("the answer to a probe that was under way counts no more")
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "health",
                "//evil.example/x",
                "http://evil.example",
                "/a b",
                "/../x",
                "/@evil",
                "/x#y",
                "/\\evil"
            })
    void aPathLeadsNowhereElse(String path) {
        assertThatThrownBy(() -> new Probe(path, Duration.ofSeconds(10), Duration.ofSeconds(2)))
                .isInstanceOf(PilothouseException.class);
    }
}
