package dev.pilothouse.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class KernelTest {
    @Test
    void idsSortByCreationEvenWhenTheClockJumpsBack() {
        var now = new AtomicReference<>(Instant.parse("2026-11-21T10:00:00Z"));
        InstantSource clock = now::get;
        var ids = new Ids(clock, new Random(7));
        String before = ids.next();
        now.set(now.get().minusSeconds(3600));
        String after = ids.next();
        assertThat(after).isGreaterThan(before).hasSize(32).matches("[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}");
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            assertThat(seen.add(ids.next())).isTrue();
        }
    }

    @Test
    void aMistypedNameFindsTheNearestOne() {
        assertThat(Nearest.of("rolout", List.of("rollout", "gates", "data"))).contains("rollout");
        assertThat(Nearest.of("gaets", List.of("rollout", "gates"))).contains("gates");
        assertThat(Nearest.of("zebra", List.of("rollout", "gates"))).isEmpty();
        assertThatThrownBy(() -> Role.parse("enginer")).hasMessageContaining("Did you mean 'engineer'?");
    }

    @Test
    void aCallerWithoutTheRoleIsToldWhichOneIsMissing() {
        var viewer = new Caller("acme", "p1", "Ada", Caller.Kind.PERSON, Set.of(Role.VIEWER));
        assertThatThrownBy(() -> viewer.require(Role.ENGINEER)).hasMessageContaining("'engineer'");
        var engineer = new Caller("acme", "p2", "Bo", Caller.Kind.PERSON, Set.of(Role.ENGINEER));
        assertThat(engineer.has(Role.VIEWER)).isTrue();
        assertThat(engineer.has(Role.APPROVER)).isFalse();
        assertThat(Caller.system("acme", "rollout").has(Role.ENGINEER)).isTrue();
    }

    @Test
    void aDigestIsTheSha256OfItsBytes() {
        assertThat(Digest.of("abc").toString())
                .isEqualTo("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assertThatThrownBy(() -> Digest.parse("sha256:../../etc/passwd")).isInstanceOf(PilothouseException.class);
    }
}
