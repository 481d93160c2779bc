package dev.pilothouse.trust.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.ErrorCode;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long keys live, and how one takes another's place. */
class KeysTest {
    private static final AccessConfig STRICT = new AccessConfig(
            Optional.of(Duration.ofDays(30)),
            Optional.of(Duration.ofDays(90)),
            Duration.ofDays(14),
            30,
            Duration.ofMinutes(1));

    @TempDir
    Path folder;

    private AccessFixture fixture;
    private Keys keys;

    @BeforeEach
    void open() {
        fixture = new AccessFixture(folder, STRICT);
        keys = fixture.access.keys();
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void aKeyLivesAsTheInstallationSaysAndNoLongerThanItAllows() {
        assertThat(make(KeyLife.usual()).key().expiresAt())
                .contains(fixture.clock.instant().plus(Duration.ofDays(30)));
        assertThat(make(new KeyLife.For(Duration.ofDays(90))).key().expiresAt()).isPresent();
        refused(AccessError.LIFE_TOO_LONG, () -> make(new KeyLife.For(Duration.ofDays(91))));
        refused(AccessError.LIFE_TOO_LONG, () -> make(new KeyLife.Endless()));
        assertThat(fixture.first.key().expiresAt())
                .contains(fixture.clock.instant().plus(Duration.ofDays(90)));
    }

    @Test
    void theOwnerIsWarnedInTheLastFifthOfAShortLifeAndTwoWeeksBeforeTheEndOfALongOne() {
        NewKey day = make(new KeyLife.For(Duration.ofDays(1)));
        NewKey quarter = make(new KeyLife.For(Duration.ofDays(90)));
        assertThat(warned(day)).isFalse();
        fixture.clock.advance(Duration.ofHours(20));
        assertThat(warned(day)).isTrue();
        assertThat(warned(quarter)).isFalse();
        fixture.clock.advance(Duration.ofDays(76));
        assertThat(warned(quarter)).isTrue();
    }

    @Test
    void aRotatedKeyWorksBesideTheNewOneAndThenEnds() {
        NewKey old = make(new KeyLife.For(Duration.ofDays(60)));
        NewKey next = keys.rotate(fixture.admin, old.key().id(), Duration.ofHours(24));
        assertThat(next.key().name()).isEqualTo(old.key().name());
        assertThat(next.key().roles()).isEqualTo(old.key().roles());
        assertThat(next.key().expiresAt()).contains(fixture.clock.instant().plus(Duration.ofDays(60)));
        fixture.clock.advance(Duration.ofHours(24).minusSeconds(1));
        assertThat(fixture.who(old)).isPresent();
        fixture.clock.advance(Duration.ofSeconds(1));
        assertThat(fixture.who(old)).isEmpty();
        assertThat(fixture.who(next)).isPresent();
        refused(
                AccessError.KEY_ENDED,
                () -> keys.rotate(fixture.admin, old.key().id(), Duration.ZERO));
    }

    @Test
    void aRotationWithoutOverlapEndsTheOldKeyAtOnce() {
        NewKey old = make(KeyLife.usual());
        assertThat(fixture.who(old)).isPresent();
        NewKey next = keys.rotate(fixture.admin, old.key().id(), Duration.ZERO);
        assertThat(fixture.who(old)).isEmpty();
        assertThat(fixture.who(next)).isPresent();
    }

    @Test
    void aRotationNeverLengthensTheOldKeysLife() {
        NewKey old = make(new KeyLife.For(Duration.ofHours(1)));
        keys.rotate(fixture.admin, old.key().id(), Duration.ofHours(24));
        assertThat(keys.list(fixture.admin, "", 100).stream()
                        .filter(key -> key.id().equals(old.key().id()))
                        .findFirst()
                        .orElseThrow()
                        .expiresAt())
                .isEqualTo(old.key().expiresAt());
    }

    @Test
    void aNarrowKeyDoesNotRotateABroaderOneOfItsOwner() {
        NewKey narrow = keys.create(
                fixture.admin, Optional.empty(), "narrow", Set.of(Role.VIEWER), KeyLife.usual(), Optional.empty());
        Caller narrowed = fixture.who(narrow).orElseThrow();
        refused(
                AccessError.ROLE_NOT_HELD,
                () -> keys.rotate(narrowed, fixture.first.key().id(), Duration.ZERO));
        assertThat(keys.rotate(narrowed, narrow.key().id(), Duration.ZERO).key().roles())
                .containsExactly(Role.VIEWER);
    }

    @Test
    void nobodyRotatesAnothersKey() {
        fixture.access.createPrincipal(fixture.admin, Caller.Kind.PERSON, "eve", Set.of(Role.VIEWER));
        NewKey own = keys.create(
                fixture.admin, Optional.of("eve"), "k", Set.of(Role.VIEWER), KeyLife.usual(), Optional.empty());
        Caller eve = fixture.who(own).orElseThrow();
        refused(
                CommonError.NOT_FOUND,
                () -> keys.rotate(eve, fixture.first.key().id(), Duration.ZERO));
        assertThat(keys.rotate(eve, own.key().id(), Duration.ZERO)).isNotNull();
    }

    @Test
    void aKeyBelongsToItsUnitAndToThoseAboveIt() {
        String team = team();
        NewKey key = keys.create(
                fixture.admin, Optional.empty(), "nlp", Set.of(Role.INVOKER), KeyLife.usual(), Optional.of(team));
        assertThat(fixture.who(key).orElseThrow().units()).containsExactly("department:research", "team:research/nlp");
        assertThat(keys.rotate(fixture.admin, key.key().id(), Duration.ZERO)
                        .key()
                        .unit())
                .isEqualTo(team);
        refused(
                CommonError.NOT_FOUND,
                () -> keys.create(
                        fixture.admin,
                        Optional.empty(),
                        "lost",
                        Set.of(Role.INVOKER),
                        KeyLife.usual(),
                        Optional.of("nowhere")));
    }

    @Test
    void aMovedKeyBelongsToItsNewUnitAtOnce() {
        NewKey key = make(KeyLife.usual());
        assertThat(fixture.who(key).orElseThrow().units()).isEmpty();
        keys.move(fixture.admin, key.key().id(), team());
        assertThat(fixture.who(key).orElseThrow().units()).hasSize(2);
        keys.move(fixture.admin, key.key().id(), "");
        assertThat(fixture.who(key).orElseThrow().units()).isEmpty();
    }

    @Test
    void nobodyLeavesTheBudgetsOfTheirUnitByMakingAKey() {
        String team = team();
        fixture.access.createPrincipal(fixture.admin, Caller.Kind.PERSON, "eve", Set.of(Role.INVOKER));
        NewKey given = keys.create(
                fixture.admin, Optional.of("eve"), "given", Set.of(Role.INVOKER), KeyLife.usual(), Optional.of(team));
        Caller eve = fixture.who(given).orElseThrow();
        NewKey own = keys.create(eve, Optional.empty(), "own", Set.of(Role.INVOKER), KeyLife.usual(), Optional.empty());
        assertThat(own.key().unit()).isEqualTo(team);
        refused(
                CommonError.FORBIDDEN,
                () -> keys.create(
                        eve, Optional.empty(), "free", Set.of(Role.INVOKER), KeyLife.usual(), Optional.of("")));
        refused(CommonError.FORBIDDEN, () -> keys.move(eve, own.key().id(), ""));
    }

    /** A team {@code nlp} in a department {@code research}. */
    private String team() {
        Unit department = fixture.access.createUnit(fixture.admin, Unit.Kind.DEPARTMENT, "research", Optional.empty());
        return fixture.access
                .createUnit(fixture.admin, Unit.Kind.TEAM, "nlp", Optional.of(department.id()))
                .id();
    }

    private NewKey make(KeyLife life) {
        return keys.create(fixture.admin, Optional.empty(), "laptop", Set.of(Role.VIEWER), life, Optional.empty());
    }

    private boolean warned(NewKey key) {
        return fixture.authenticator.expiring(key.key()).isPresent();
    }

    private static void refused(ErrorCode code, ThrowingCallable attempt) {
        assertThatThrownBy(attempt)
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
