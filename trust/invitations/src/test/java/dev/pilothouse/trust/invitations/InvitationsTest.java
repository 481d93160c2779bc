package dev.pilothouse.trust.invitations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.ErrorCode;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ManualClock;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.access.Access;
import dev.pilothouse.trust.access.AccessConfig;
import dev.pilothouse.trust.access.AccessError;
import dev.pilothouse.trust.access.FailedLogins;
import dev.pilothouse.trust.access.KeyAuthenticator;
import dev.pilothouse.trust.access.NewKey;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An invitation becomes one person, once. */
class InvitationsTest {
    private static final InetAddress HOME = InetAddress.getLoopbackAddress();

    @TempDir
    Path folder;

    private final ManualClock clock = new ManualClock();
    private Store store;
    private Journal journal;
    private Ledger ledger;
    private KeyAuthenticator authenticator;
    private Access access;
    private Invitations invitations;
    private Caller admin;

    @BeforeEach
    void open() {
        store = TestStore.sqlite(
                folder.resolve("store"),
                Journal.MIGRATIONS,
                Ledger.MIGRATIONS,
                Access.MIGRATIONS,
                Invitations.MIGRATIONS);
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
        var failures = new FailedLogins(store, ledger, AccessConfig.STANDARD, clock);
        authenticator = new KeyAuthenticator(store, failures, AccessConfig.STANDARD, clock);
        access = new Access(store, ledger, authenticator, AccessConfig.STANDARD, clock);
        invitations = new Invitations(store, ledger, access, failures, clock);
        admin = who(access.bootstrap().orElseThrow()).orElseThrow();
    }

    @AfterEach
    void close() {
        authenticator.close();
        ledger.close();
        journal.close();
        store.close();
    }

    @Test
    void whoAcceptsBecomesAPersonWithTheirOwnKey() {
        var made = invite("ada", Role.ENGINEER);
        NewKey key = invitations.accept("https://ml.example.com/console/invitation#" + made.token(), HOME);
        Caller ada = who(key).orElseThrow();
        assertThat(ada.name()).isEqualTo("ada");
        assertThat(ada.kind()).isEqualTo(Caller.Kind.PERSON);
        assertThat(ada.roles()).containsExactly(Role.ENGINEER);
        assertThat(invitations.list(admin, "", 10)).singleElement().satisfies(shown -> {
            assertThat(shown.stateAt(clock.instant())).isEqualTo(Invitation.State.ACCEPTED);
            assertThat(shown.principal()).contains(ada.principal());
        });
    }

    @Test
    void anInvitationWorksOnceAlthoughManyAcceptAtTheSameTime() {
        var made = invite("ada", Role.VIEWER);
        var attempts = new ArrayList<CompletableFuture<Boolean>>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 16; i++) {
                attempts.add(CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return invitations.accept(made.token(), HOME) != null;
                            } catch (PilothouseException e) {
                                assertThat(e.code()).isEqualTo(InvitationError.INVITATION_ENDED);
                                return false;
                            }
                        },
                        threads));
            }
        }
        assertThat(attempts.stream().filter(CompletableFuture::join)).hasSize(1);
        assertThat(access.principals("default", "", 10)).hasSize(2);
    }

    @Test
    void anInvitationExpiresAndCanBeTakenBack() {
        var late = invite("ada", Role.VIEWER);
        clock.advance(Duration.ofDays(3));
        refused(InvitationError.INVITATION_ENDED, () -> invitations.accept(late.token(), HOME));
        var revoked = invite("bob", Role.VIEWER);
        invitations.revoke(admin, revoked.invitation().id());
        refused(InvitationError.INVITATION_ENDED, () -> invitations.accept(revoked.token(), HOME));
        assertThat(access.principals("default", "", 10)).hasSize(1);
    }

    @Test
    void nobodyInvitesToWhatTheyDoNotHoldAndOnlyAdminsInvite() {
        NewKey key = invitations.accept(invite("ada", Role.ENGINEER).token(), HOME);
        Caller ada = who(key).orElseThrow();
        refused(CommonError.FORBIDDEN, () -> invitations.invite(ada, "eve", Set.of(Role.VIEWER), Optional.empty()));
        refused(CommonError.FORBIDDEN, () -> invitations.list(ada, "", 10));
        refused(CommonError.FORBIDDEN, () -> invitations.revoke(ada, "x"));
        refused(AccessError.NAME_TAKEN, () -> invite("ada", Role.VIEWER));
        refused(CommonError.INVALID, () -> invitations.invite(admin, "eve", Set.of(), Optional.empty()));
        refused(
                CommonError.INVALID,
                () -> invitations.invite(admin, "eve", Set.of(Role.VIEWER), Optional.of(Duration.ofDays(31))));
    }

    @Test
    void anInvitationEndsWithWhoMadeIt() {
        Caller second = who(invitations.accept(invite("second", Role.ADMIN).token(), HOME))
                .orElseThrow();
        var made = invitations.invite(second, "eve", Set.of(Role.ADMIN), Optional.empty());
        access.changePrincipal(admin, "second", Optional.empty(), Optional.of(Set.of(Role.ENGINEER)));
        refused(AccessError.ROLE_NOT_HELD, () -> invitations.accept(made.token(), HOME));
        access.changePrincipal(admin, "second", Optional.of(false), Optional.empty());
        refused(AccessError.INACTIVE, () -> invitations.accept(made.token(), HOME));
        assertThat(access.principal("default", "eve")).isEmpty();
    }

    @Test
    void whoGuessesInvitationsMustWait() {
        for (int i = 0; i < AccessConfig.STANDARD.wrongKeys(); i++) {
            refused(CommonError.NOT_FOUND, () -> invitations.accept("phi_" + "x".repeat(43), HOME));
        }
        var made = invite("ada", Role.VIEWER);
        refused(CommonError.TOO_MANY_REQUESTS, () -> invitations.accept(made.token(), HOME));
        clock.advance(Duration.ofMinutes(1));
        assertThat(invitations.accept(made.token(), HOME)).isNotNull();
    }

    @Test
    void theSecretIsNowhereInTheStore() throws IOException {
        var made = invite("ada", Role.VIEWER);
        store.close();
        for (var file : List.of(folder.resolve("store").toFile().listFiles())) {
            assertThat(Files.readString(file.toPath(), StandardCharsets.ISO_8859_1))
                    .doesNotContain(made.token().substring(4));
        }
    }

    private Invitations.Made invite(String name, Role role) {
        return invitations.invite(admin, name, Set.of(role), Optional.empty());
    }

    private Optional<Caller> who(NewKey key) {
        return authenticator.authenticate(key.text()).toCompletableFuture().join();
    }

    private static void refused(ErrorCode code, ThrowingCallable attempt) {
        assertThatThrownBy(attempt)
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
