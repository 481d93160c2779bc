package dev.pilothouse.trust.access;

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
import dev.pilothouse.trust.ledger.EntryFilter;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.RecordedEntry;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessTest {
    @TempDir
    Path folder;

    private final ManualClock clock = new ManualClock();
    private Store store;
    private Journal journal;
    private Ledger ledger;
    private KeyAuthenticator authenticator;
    private Access access;
    private NewKey first;
    private Caller admin;

    @BeforeEach
    void open() {
        store = TestStore.sqlite(folder.resolve("store"), Journal.MIGRATIONS, Ledger.MIGRATIONS, Access.MIGRATIONS);
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
        authenticator = new KeyAuthenticator(
                store, new FailedLogins(store, ledger, AccessConfig.STANDARD, clock), AccessConfig.STANDARD, clock);
        access = new Access(store, ledger, authenticator, AccessConfig.STANDARD, clock);
        first = access.bootstrap().orElseThrow();
        admin = who(first).orElseThrow();
    }

    @AfterEach
    void close() {
        authenticator.close();
        ledger.close();
        journal.close();
        store.close();
    }

    @Test
    void theFirstStartMakesOneAdminKeyAndNoLaterStartDoes() {
        assertThat(access.bootstrap()).isEmpty();
        assertThat(admin.has(Role.APPROVER)).isTrue();
        assertThat(admin.tenant()).isEqualTo("default");
        assertThat(access.units("default"))
                .singleElement()
                .satisfies(u -> assertThat(u.kind()).isEqualTo(Unit.Kind.ORGANISATION));
        assertThat(kinds()).containsExactly("key.created", "principal.created", "organisation.created");
    }

    @Test
    void anOperatorWhoLostEveryKeyGetsANewOne() {
        access.keys().revoke(admin, first.key().id());
        assertThat(who(first)).isEmpty();
        assertThat(who(access.recoveryKey()).orElseThrow().principal()).isEqualTo(admin.principal());
    }

    @Test
    void aKeyIsNowhereInTheStoreOrOnTheLedger() throws Exception {
        store.close();
        for (var file : folder.resolve("store").toFile().listFiles()) {
            String bytes = java.nio.file.Files.readString(file.toPath(), java.nio.charset.StandardCharsets.ISO_8859_1);
            assertThat(bytes)
                    .doesNotContain(first.text())
                    .doesNotContain(first.text().substring(20));
        }
    }

    @Test
    void aKeyGrantsWhatWasAskedAndNoMore() {
        Principal ci = access.createPrincipal(admin, Caller.Kind.SERVICE, "ci", Set.of(Role.ENGINEER, Role.INVOKER));
        Caller caller = who(access.keys()
                        .create(
                                admin,
                                Optional.of("ci"),
                                "deploy",
                                Set.of(Role.INVOKER),
                                KeyLife.usual(),
                                Optional.empty()))
                .orElseThrow();
        assertThat(caller.principal()).isEqualTo(ci.id());
        assertThat(caller.roles()).containsExactly(Role.INVOKER);
        assertThat(caller.kind()).isEqualTo(Caller.Kind.SERVICE);
    }

    @Test
    void nobodyGivesARoleThatTheirKeyDoesNotHold() {
        Principal eve = access.createPrincipal(admin, Caller.Kind.PERSON, "eve", Set.of(Role.ENGINEER, Role.VIEWER));
        Caller viewing = who(access.keys()
                        .create(
                                admin,
                                Optional.of(eve.id()),
                                "read",
                                Set.of(Role.VIEWER),
                                KeyLife.usual(),
                                Optional.empty()))
                .orElseThrow();
        refused(
                AccessError.ROLE_NOT_HELD,
                () -> access.keys()
                        .create(
                                viewing,
                                Optional.empty(),
                                "more",
                                Set.of(Role.ENGINEER),
                                KeyLife.usual(),
                                Optional.empty()));
        refused(
                AccessError.ROLE_NOT_HELD,
                () -> access.keys()
                        .create(
                                admin,
                                Optional.of("eve"),
                                "approve",
                                Set.of(Role.APPROVER),
                                KeyLife.usual(),
                                Optional.empty()));
        refused(
                CommonError.FORBIDDEN,
                () -> access.keys()
                        .create(
                                viewing,
                                Optional.of(admin.principal()),
                                "other",
                                Set.of(Role.VIEWER),
                                KeyLife.usual(),
                                Optional.empty()));
        refused(CommonError.FORBIDDEN, () -> access.createPrincipal(viewing, Caller.Kind.PERSON, "x", Set.of()));
        assertThat(access.keys()
                        .create(
                                viewing,
                                Optional.empty(),
                                "own",
                                Set.of(Role.VIEWER),
                                KeyLife.usual(),
                                Optional.empty()))
                .isNotNull();
    }

    @Test
    void agentsAndServicesAreNeverApproversAndMakeNoKeys() {
        for (Caller.Kind kind : List.of(Caller.Kind.AGENT, Caller.Kind.SERVICE)) {
            refused(
                    AccessError.ROLE_NOT_FOR_KIND,
                    () -> access.createPrincipal(admin, kind, "bot", Set.of(Role.APPROVER)));
        }
        access.createPrincipal(admin, Caller.Kind.AGENT, "bot", Set.of(Role.INVOKER));
        Caller bot = who(access.keys()
                        .create(
                                admin,
                                Optional.of("bot"),
                                "k",
                                Set.of(Role.INVOKER),
                                KeyLife.usual(),
                                Optional.empty()))
                .orElseThrow();
        refused(
                CommonError.FORBIDDEN,
                () -> access.keys()
                        .create(bot, Optional.empty(), "k2", Set.of(Role.INVOKER), KeyLife.usual(), Optional.empty()));
    }

    @Test
    void aRevokedKeyStopsAtOnceAlthoughItWasJustUsed() {
        NewKey key = access.keys()
                .create(admin, Optional.empty(), "laptop", Set.of(Role.VIEWER), KeyLife.usual(), Optional.empty());
        assertThat(who(key)).isPresent();
        access.keys().revoke(admin, key.key().id());
        assertThat(who(key)).isEmpty();
        assertThat(kinds()).startsWith("key.revoked");
    }

    @Test
    void aRevocationInAnotherReplicaIsSeenWithinASecond() {
        NewKey key = access.keys()
                .create(admin, Optional.empty(), "laptop", Set.of(Role.VIEWER), KeyLife.usual(), Optional.empty());
        try (var replica = new KeyAuthenticator(
                store, new FailedLogins(store, ledger, AccessConfig.STANDARD, clock), AccessConfig.STANDARD, clock)) {
            assertThat(replica.authenticate(key.text()).toCompletableFuture().join())
                    .isPresent();
            access.keys().revoke(admin, key.key().id());
            Awaitility.await()
                    .atMost(Duration.ofMillis(1500))
                    .until(() -> replica.authenticate(key.text())
                            .toCompletableFuture()
                            .join()
                            .isEmpty());
        }
    }

    @Test
    void anExpiredKeyStopsToTheSecond() {
        NewKey key = access.keys()
                .create(
                        admin,
                        Optional.empty(),
                        "day",
                        Set.of(Role.VIEWER),
                        new KeyLife.For(Duration.ofDays(1)),
                        Optional.empty());
        clock.advance(Duration.ofDays(1).minusSeconds(1));
        assertThat(who(key)).isPresent();
        clock.advance(Duration.ofSeconds(1));
        assertThat(who(key)).isEmpty();
    }

    @Test
    void aDeactivatedPrincipalsKeysStopAndComeBack() {
        access.createPrincipal(admin, Caller.Kind.PERSON, "eve", Set.of(Role.VIEWER));
        NewKey key = access.keys()
                .create(admin, Optional.of("eve"), "k", Set.of(Role.VIEWER), KeyLife.usual(), Optional.empty());
        assertThat(who(key)).isPresent();
        access.changePrincipal(admin, "eve", Optional.of(false), Optional.empty());
        assertThat(who(key)).isEmpty();
        refused(
                AccessError.INACTIVE,
                () -> access.keys()
                        .create(
                                admin,
                                Optional.of("eve"),
                                "k2",
                                Set.of(Role.VIEWER),
                                KeyLife.usual(),
                                Optional.empty()));
        access.changePrincipal(admin, "eve", Optional.of(true), Optional.of(Set.of(Role.ENGINEER)));
        assertThat(who(key).orElseThrow().roles())
                .as("an engineer is a viewer too")
                .containsExactly(Role.VIEWER);
        access.changePrincipal(admin, "eve", Optional.empty(), Optional.of(Set.of(Role.INVOKER)));
        assertThat(who(key).orElseThrow().roles()).isEmpty();
    }

    @Test
    void theLastAdminStays() {
        refused(
                AccessError.LAST_ADMIN,
                () -> access.changePrincipal(admin, "admin", Optional.of(false), Optional.empty()));
        refused(
                AccessError.LAST_ADMIN,
                () -> access.changePrincipal(admin, "admin", Optional.empty(), Optional.of(Set.of(Role.VIEWER))));
        access.createPrincipal(admin, Caller.Kind.PERSON, "second", Set.of(Role.ADMIN));
        assertThat(access.changePrincipal(admin, "admin", Optional.of(false), Optional.empty())
                        .active())
                .isFalse();
    }

    @Test
    void aKeyWithAnyCharacterChangedIsRefused() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            char[] text = first.text().toCharArray();
            int at = random.nextInt(text.length);
            text[at] = text[at] == 'x' ? 'y' : 'x';
            assertThat(authenticator
                            .authenticate(new String(text))
                            .toCompletableFuture()
                            .join())
                    .as("seed %d, character %d", seed, at)
                    .isEmpty();
        }
        KeyText forged = KeyText.make(new SecureRandom());
        assertThat(KeyText.parse(forged.text())).contains(forged);
        for (String key : new String[] {forged.text(), "", "ph_", "x".repeat(100_000)}) {
            assertThat(authenticator.authenticate(key).toCompletableFuture().join())
                    .isEmpty();
        }
    }

    @Test
    void lastUseIsWrittenInBatches() {
        assertThat(access.keys().list(admin, "", 10).getFirst().lastUsedAt()).isEmpty();
        authenticator.flush();
        assertThat(access.keys().list(admin, "", 10).getFirst().lastUsedAt()).contains(clock.instant());
    }

    @Test
    void othersSeeAndRevokeOnlyTheirOwnKeys() {
        access.createPrincipal(admin, Caller.Kind.PERSON, "eve", Set.of(Role.VIEWER));
        NewKey own = access.keys()
                .create(admin, Optional.of("eve"), "k", Set.of(Role.VIEWER), KeyLife.usual(), Optional.empty());
        Caller eve = who(own).orElseThrow();
        assertThat(access.keys().list(eve, "", 10))
                .extracting(ApiKey::id)
                .containsExactly(own.key().id());
        refused(
                CommonError.NOT_FOUND,
                () -> access.keys().revoke(eve, first.key().id()));
        access.keys().revoke(eve, own.key().id());
        assertThat(who(own)).isEmpty();
    }

    @Test
    void unitsFormATreeInTheirOrder() {
        Unit risk = access.createUnit(admin, Unit.Kind.DEPARTMENT, "Risk", Optional.empty());
        Unit fraud = access.createUnit(admin, Unit.Kind.TEAM, "Fraud", Optional.of(risk.id()));
        access.createUnit(admin, Unit.Kind.PROJECT, "cards", Optional.of(fraud.id()));
        assertThat(access.units("default")).extracting(Unit::name).containsExactly("default", "Risk", "Fraud", "cards");
        refused(
                CommonError.INVALID,
                () -> access.createUnit(admin, Unit.Kind.DEPARTMENT, "Odd", Optional.of(fraud.id())));
        refused(AccessError.NAME_TAKEN, () -> access.createUnit(admin, Unit.Kind.DEPARTMENT, "Risk", Optional.empty()));
        refused(CommonError.NOT_FOUND, () -> access.createUnit(admin, Unit.Kind.TEAM, "x", Optional.of("nowhere")));
    }

    @Test
    void namesOfPrincipalsAreUnique() {
        refused(AccessError.NAME_TAKEN, () -> access.createPrincipal(admin, Caller.Kind.AGENT, "admin", Set.of()));
    }

    @Test
    void durationsAreReadWithTheirUnit() {
        assertThat(Rules.life("30d")).isEqualTo(Duration.ofDays(30));
        assertThat(Rules.life("15m")).isEqualTo(Duration.ofMinutes(15));
        for (String text : List.of("", "30", "d", "-1d", "0d", "1.5h", "P1D")) {
            refused(CommonError.INVALID, () -> Rules.life(text));
        }
    }

    private Optional<Caller> who(NewKey key) {
        return authenticator.authenticate(key.text()).toCompletableFuture().join();
    }

    /** Kinds of all entries, the newest first, once they are numbered. */
    private List<String> kinds() {
        long[] last = {-1};
        Awaitility.await().until(() -> {
            long size = journal.size();
            boolean still = size > 0 && size == last[0];
            last[0] = size;
            return still;
        });
        return ledger.entries("default", EntryFilter.newest(100)).entries().stream()
                .map(RecordedEntry::kind)
                .toList();
    }

    private static void refused(ErrorCode code, ThrowingCallable attempt) {
        assertThatThrownBy(attempt)
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
