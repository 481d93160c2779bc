package dev.pilothouse.run.splits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.run.providers.CacheRule;
import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.providers.ModelRoute.Target;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SplitsTest {
    private static final ModelRoute STABLE = route("mini", 3);
    private static final ModelRoute CANDIDATE = route("large", 1);
    private final Splits splits = new Splits();

    private static ModelRoute route(String model, int version) {
        return new ModelRoute(
                "chat",
                List.of(new Target("sim", model, 1)),
                List.of(),
                List.of(),
                Optional.empty(),
                version,
                CacheRule.OFF);
    }

    private void split(int perMille) {
        splits.set(List.of(new Split("acme", "s1", 3, CANDIDATE, perMille, Split.AUTO, 2)));
    }

    private Side side(String session, String request) {
        return splits.side("acme", STABLE, session, request);
    }

    private SideCount count(boolean candidate) {
        return splits.takeCounts().stream()
                .filter(each -> each.candidate() == candidate)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void sessionsStayWithTheCandidateWhileItsShareRises() {
        Set<String> before = new HashSet<>();
        for (int perMille : new int[] {50, 100, 250, 500, 1000}) {
            split(perMille);
            Set<String> with = new HashSet<>();
            for (int i = 0; i < 10_000; i++) {
                Side side = side("session-" + i, "request-" + perMille + "-" + i);
                assertThat(side.route()).isEqualTo(side.isCandidate() ? CANDIDATE : STABLE);
                if (side.isCandidate()) {
                    with.add("session-" + i);
                }
            }
            assertThat(with).containsAll(before);
            assertThat(with.size()).isBetween(10 * perMille - 300, 10 * perMille + 300);
            before = with;
        }
    }

    @Test
    void anAliasThatWasDeclaredOtherwiseIsSplitNoMore() {
        split(1000);
        assertThat(splits.side("acme", route("mini", 4), "", "r").isCandidate()).isFalse();
        assertThat(splits.side("other", STABLE, "", "r").isCandidate()).isFalse();
        assertThat(side("", "r").isCandidate()).isTrue();
    }

    @Test
    void eachCallCountsOnceAndOneThatItsClientLeftNotAtAll() {
        split(1000);
        Side answered = side("", "a");
        answered.answered(true, Wait.ANSWER, Duration.ofMillis(1), 5);
        answered.answered(true, Wait.ANSWER, Duration.ofMillis(1), 5);
        Side rescued = side("", "b");
        rescued.failed();
        rescued.answered(true, Wait.ANSWER, Duration.ofMillis(1), 5);
        Side lost = side("", "c");
        lost.failed();
        lost.unanswered();
        Side left = side("", "d");
        left.failed();
        left.left();
        left.unanswered();
        side("", "e").unanswered();
        SideCount count = count(true);
        assertThat(count.calls()).isEqualTo(3);
        assertThat(count.errors()).isEqualTo(2);
        assertThat(splits.takeCounts()).isEmpty();
    }

    @Test
    void whatIsDearFollowsTheStableSide() {
        split(0);
        for (int i = 0; i < 50; i++) {
            side("", "r" + i).answered(true, Wait.ANSWER, Duration.ofMillis(10), 1_000);
        }
        count(false);
        split(1000);
        side("", "x").answered(true, Wait.ANSWER, Duration.ofMillis(10), 2_000);
        side("", "y").answered(true, Wait.ANSWER, Duration.ofMillis(10), 2_001);
        assertThat(count(true).dear()).isEqualTo(1);
    }

    @Test
    void streamsAndAnswersHaveALimitEach() {
        split(0);
        for (int i = 0; i < 50; i++) {
            side("", "r" + i).answered(true, Wait.ANSWER, Duration.ofMillis(100), 0);
            side("", "s" + i).answered(true, Wait.FIRST_BYTES, Duration.ofMillis(10), 0);
        }
        assertThat(splits.stableWaits())
                .extracting(StableWait::kind, StableWait::median)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple(Wait.ANSWER, Duration.ofMillis(100)),
                        org.assertj.core.groups.Tuple.tuple(Wait.FIRST_BYTES, Duration.ofMillis(10)));
        splits.slowAfter("acme", "chat", Wait.FIRST_BYTES, 3, Duration.ofMillis(20));
        splits.slowAfter("acme", "chat", Wait.ANSWER, 2, Duration.ofMillis(1));
        splits.takeCounts();
        side("", "t").answered(true, Wait.FIRST_BYTES, Duration.ofMillis(50), 0);
        side("", "u").answered(true, Wait.ANSWER, Duration.ofMillis(50), 0);
        assertThat(count(false).slow())
                .as("the limit of another version is none of this one's")
                .isEqualTo(1);
    }

    @Test
    void anOutcomeIsCountedOnceWhereTheCallWasMade() {
        split(1000);
        side("", "a").answered(true, Wait.ANSWER, Duration.ofMillis(1), 0);
        assertThat(splits.outcome("acme", "a", false)).isTrue();
        assertThat(splits.outcome("acme", "a", false)).isFalse();
        assertThat(splits.outcome("other", "a", false)).isFalse();
        SideCount count = count(true);
        assertThat(count.labelled()).isEqualTo(1);
        assertThat(count.wrong()).isEqualTo(1);
    }

    @Test
    void whatWasCountedOfASplitThatEndedIsStillTaken() {
        split(1000);
        side("", "a").answered(true, Wait.ANSWER, Duration.ofMillis(1), 0);
        splits.set(List.of());
        assertThat(count(true).calls()).isEqualTo(1);
    }
}
