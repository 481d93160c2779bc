package dev.pilothouse.trust.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.trust.ledger.EntryFilter;
import dev.pilothouse.trust.ledger.RecordedEntry;
import dev.pilothouse.trust.transparency.OfflineVerifier;
import dev.pilothouse.trust.transparency.Verification;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A person is removed: what they were called is gone, what was done stays. */
class RemovalTest {
    private static final String NAME = "Adelheid Unverwechselbar";

    @TempDir
    Path folder;

    private AccessFixture fixture;
    private Access access;

    @BeforeEach
    void open() {
        fixture = new AccessFixture(folder, AccessConfig.STANDARD);
        access = fixture.access;
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void theNameIsGoneFromStateAndLedgerAndEveryHashStaysTrue() throws IOException {
        Principal ada =
                access.createPrincipal(fixture.admin, Caller.Kind.PERSON, NAME, Set.of(Role.ENGINEER, Role.ADMIN));
        NewKey key = access.keys()
                .create(
                        fixture.admin,
                        Optional.of(ada.id()),
                        NAME + "'s laptop",
                        Set.of(Role.ADMIN),
                        KeyLife.usual(),
                        Optional.empty());
        Caller her = fixture.who(key).orElseThrow();
        access.createPrincipal(her, Caller.Kind.SERVICE, "ci", Set.of(Role.INVOKER));
        Principal removed = access.removePrincipal(fixture.admin, NAME, fixture.erasure);
        assertThat(removed.id()).isEqualTo(ada.id());
        assertThat(removed.name()).isEqualTo(ada.id());
        assertThat(fixture.who(key)).isEmpty();
        await().until(() -> {
            // A try before the removal has its number fails, and the next one takes its time.
            fixture.clock.advance(Duration.ofSeconds(1));
            return entries().stream()
                    .filter(entry -> entry.principal().equals(ada.id())
                            || (entry.subject().equals("principal/" + ada.id())
                                    && !entry.kind().equals("principal.removed")))
                    .allMatch(entry -> entry.payload().isEmpty());
        });
        assertThat(exported()).doesNotContain(NAME);
        assertThat(access.principals("default", "", 100))
                .noneMatch(p -> p.name().contains(NAME));
        assertThat(access.keys().list(fixture.admin, "", 100))
                .noneMatch(k -> k.name().contains(NAME));
        assertThat(entries())
                .as("what was done stays")
                .anyMatch(entry -> entry.kind().equals("principal.created")
                        && entry.principal().equals(ada.id()))
                .as("what the admin did to others keeps its details")
                .anyMatch(entry -> entry.kind().equals("organisation.created")
                        && entry.payload().isPresent());
        Path tar = folder.resolve("copy.tar");
        try (InputStream copy = fixture.ledger.export("default", true)) {
            Files.copy(copy, tar);
        }
        assertThat(OfflineVerifier.copy(tar, OfflineVerifier.Known.nothing(), _ -> {}))
                .isInstanceOf(Verification.Verified.class);
    }

    @Test
    void theLastAdminIsNotRemovedAndNothingOfThemChanges() {
        assertThatThrownBy(() -> access.removePrincipal(fixture.admin, "admin", fixture.erasure))
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(AccessError.LAST_ADMIN));
        assertThat(fixture.who(fixture.first)).isPresent();
    }

    @Test
    void whoWasRemovedIsNotReactivatedAndTheNameIsFree() {
        Principal first = access.createPrincipal(fixture.admin, Caller.Kind.PERSON, NAME, Set.of(Role.VIEWER));
        access.removePrincipal(fixture.admin, NAME, fixture.erasure);
        assertThatThrownBy(() -> access.changePrincipal(fixture.admin, first.id(), Optional.of(true), Optional.empty()))
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(AccessError.INACTIVE));
        Principal second = access.createPrincipal(fixture.admin, Caller.Kind.PERSON, NAME, Set.of(Role.VIEWER));
        assertThat(second.id()).isNotEqualTo(first.id());
    }

    @Test
    void removingAgainChangesNothing() {
        access.createPrincipal(fixture.admin, Caller.Kind.PERSON, NAME, Set.of(Role.VIEWER));
        Principal once = access.removePrincipal(fixture.admin, NAME, fixture.erasure);
        assertThat(access.removePrincipal(fixture.admin, once.id(), fixture.erasure))
                .isEqualTo(once);
    }

    private List<RecordedEntry> entries() {
        return fixture.ledger.entries("default", EntryFilter.newest(1000)).entries();
    }

    private String exported() throws IOException {
        try (InputStream tar = fixture.ledger.export("default", true)) {
            return new String(tar.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
