package dev.pilothouse.trust.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.trust.ledger.RecordedEntry;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who tries many keys must wait; nobody else must. */
class FailedLoginsTest {
    private static final int LIMIT = 5;
    private static final String ATTACKER = "203.0.113.9";
    private static final String HOME = "198.51.100.7";

    @TempDir
    Path folder;

    private AccessFixture fixture;

    @BeforeEach
    void open() {
        fixture = new AccessFixture(
                folder,
                new AccessConfig(
                        Optional.empty(), Optional.empty(), Duration.ofDays(14), LIMIT, Duration.ofMinutes(1)));
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void anAddressThatSentTooManyWrongKeysWaitsAMinuteEvenWithTheRightOne() {
        for (int i = 0; i < LIMIT; i++) {
            assertThat(fixture.from(ATTACKER, wrong())).isEmpty();
        }
        waits(ATTACKER, wrong(), 60);
        waits(ATTACKER, fixture.first.text(), 60);
        assertThat(fixture.from(HOME, fixture.first.text())).isPresent();
        fixture.clock.advance(Duration.ofSeconds(59));
        waits(ATTACKER, fixture.first.text(), 1);
        fixture.clock.advance(Duration.ofSeconds(1));
        assertThat(fixture.from(ATTACKER, fixture.first.text())).isPresent();
    }

    @Test
    void aProgramWithAnOldKeyDoesNotLockItsNeighboursOut() {
        assertThat(fixture.from(ATTACKER, fixture.first.text())).isPresent();
        for (int i = 0; i < LIMIT; i++) {
            assertThat(fixture.from(ATTACKER, "no key at all")).isEmpty();
        }
        waits(ATTACKER, wrong(), 60);
        assertThat(fixture.from(ATTACKER, fixture.first.text())).isPresent();
    }

    @Test
    void aRevokedKeyThatWorkedFromThereIsNoWayAround() {
        NewKey key = fixture.access
                .keys()
                .create(fixture.admin, Optional.empty(), "k", Set.of(Role.VIEWER), KeyLife.usual(), Optional.empty());
        assertThat(fixture.from(ATTACKER, key.text())).isPresent();
        fixture.access.keys().revoke(fixture.admin, key.key().id());
        for (int i = 0; i < LIMIT; i++) {
            fixture.from(ATTACKER, wrong());
        }
        for (int i = 1; i < LIMIT; i++) {
            assertThat(fixture.from(ATTACKER, key.text())).isEmpty();
        }
        waits(ATTACKER, key.text(), 60);
    }

    @Test
    void guessesOfOneKeyFromManyAddressesAreSlowedDownAndItsOwnerIsNot() {
        String id = fixture.first.key().id();
        for (int i = 1; i < LIMIT; i++) {
            assertThat(fixture.from("203.0.113." + i, forged(id))).isEmpty();
        }
        waits("203.0.113.100", forged(id), 60);
        assertThat(fixture.from(HOME, fixture.first.text())).isPresent();
    }

    @Test
    void oneHouseholdOfIpv6CountsAsOneAddress() {
        for (int i = 0; i < LIMIT; i++) {
            fixture.from("2001:db8:1:2::" + (i + 1), wrong());
        }
        waits("2001:db8:1:2:ffff::1", wrong(), 60);
        assertThat(fixture.from("2001:db8:1:3::1", wrong())).isEmpty();
    }

    @Test
    void thatSomeoneMustWaitIsOnTheLedgerOnce() {
        for (int i = 0; i < 4 * LIMIT; i++) {
            try {
                fixture.from(ATTACKER, wrong());
            } catch (PilothouseException e) {
                assertThat(e.code()).isEqualTo(CommonError.TOO_MANY_REQUESTS);
            }
        }
        await().until(() -> !history().isEmpty());
        assertThat(history()).singleElement().satisfies(entry -> {
            assertThat(entry.kind()).isEqualTo("login.throttled");
            assertThat(entry.payload().orElseThrow().path("lastAddress").asString())
                    .isEqualTo(ATTACKER);
        });
    }

    @Test
    void aClockThatJumpsBackLetsNobodyWaitLonger() {
        for (int i = 0; i < LIMIT; i++) {
            fixture.from(ATTACKER, wrong());
        }
        waits(ATTACKER, wrong(), 60);
        fixture.clock.set(fixture.clock.instant().minus(Duration.ofHours(1)));
        assertThat(fixture.from(ATTACKER, fixture.first.text())).isPresent();
    }

    private List<RecordedEntry> history() {
        return fixture.ledger.history("default", "logins", 10);
    }

    private void waits(String address, String key, long seconds) {
        assertThatThrownBy(() -> fixture.from(address, key)).isInstanceOfSatisfying(PilothouseException.class, e -> {
            assertThat(e.code()).isEqualTo(CommonError.TOO_MANY_REQUESTS);
            assertThat(e.retryAfter()).contains(Duration.ofSeconds(seconds));
        });
    }

    private static String wrong() {
        return KeyText.make(new SecureRandom()).text();
    }

    /** A key of that id with another secret. */
    private static String forged(String id) {
        return KeyText.make(new SecureRandom(), id).text();
    }
}
