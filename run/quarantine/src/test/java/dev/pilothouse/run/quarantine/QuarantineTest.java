package dev.pilothouse.run.quarantine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.ErrorCode;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.run.onnx.LoadGuard;
import dev.pilothouse.run.openinference.ServingError;
import dev.pilothouse.testkit.ManualClock;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.EntryFilter;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start finds of loads that never ended. A load that is begun and not closed stands for a process that died in it. */
class QuarantineTest {
    private static final String TENANT = "acme";
    private static final Digest BAD = Digest.of("bad");
    private static final Digest GOOD = Digest.of("good");
    private static final Caller ADA = new Caller(TENANT, "ada", "ada", Caller.Kind.PERSON, Set.of(Role.ENGINEER));
    private static final int SIGSEGV = 139;
    private static final int SIGABRT = 134;
    private static final int SIGKILL = 137;

    @TempDir
    Path folder;

    private final ManualClock clock = new ManualClock();
    private Store store;
    private Journal journal;
    private Ledger ledger;

    @BeforeEach
    void open() {
        store = TestStore.sqlite(folder.resolve("store"), Journal.MIGRATIONS, Ledger.MIGRATIONS, Quarantine.MIGRATIONS);
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
    }

    @AfterEach
    void close() {
        ledger.close();
        journal.close();
        store.close();
    }

    @Test
    void aModelMarkedAtTwoCrashesIsQuarantinedUntilAPersonReleasesIt() {
        start(0).begin(TENANT, "Model 'm' version '1'", BAD);
        Quarantine second = start(SIGSEGV);
        assertThat(second.list(TENANT)).singleElement().satisfies(model -> {
            assertThat(model.label()).isEqualTo("Model 'm' version '1'");
            assertThat(model.crashes()).isEqualTo(1);
            assertThat(model.quarantinedAt()).isEmpty();
        });
        assertThat(held(TENANT)).isEmpty();
        second.begin(TENANT, "Model 'm' version '1'", BAD);
        Quarantine third = start(SIGABRT);
        assertThatThrownBy(() -> third.begin(TENANT, "Model 'm' version '1'", BAD))
                .isInstanceOfSatisfying(PilothouseException.class, e -> {
                    assertThat(e.code()).isEqualTo(ServingError.MODEL_QUARANTINED);
                    assertThat(e.detail())
                            .contains("Model 'm' version '1'", "2 times", "pilot model quarantine release " + BAD);
                });
        assertThat(held(TENANT))
                .hasValueSatisfying(model -> assertThat(model.why()).contains("2 times"));
        assertThat(held("another")).isEmpty();
        load(third, GOOD);
        refused(CommonError.FORBIDDEN, () -> third.release(Caller.system(TENANT, "x"), BAD, "no person"));
        third.release(ADA, BAD, "the library was upgraded");
        load(third, BAD);
        assertThat(third.list(TENANT)).isEmpty();
        await().until(() -> kinds().size() == 4);
        assertThat(kinds()).containsExactly("model.released", "model.quarantined", "model.crashed", "model.crashed");
    }

    private Optional<SuspectModel> held(String tenant) {
        return store.read(tx -> Quarantine.held(tx, tenant, BAD));
    }

    @Test
    void aQuarantineSurvivesARestart() {
        start(0).begin(TENANT, "m", BAD);
        start(SIGSEGV).begin(TENANT, "m", BAD);
        start(SIGSEGV);
        Quarantine later = start(0);
        refused(ServingError.MODEL_QUARANTINED, () -> later.begin(TENANT, "m", BAD));
    }

    @Test
    void aModelThatLoadsInTheEndIsNoSuspectAnyMore() {
        start(0).begin(TENANT, "m", BAD);
        load(start(SIGSEGV), BAD);
        start(0).begin(TENANT, "m", BAD);
        Quarantine again = start(SIGSEGV);
        assertThat(again.list(TENANT))
                .singleElement()
                .satisfies(model -> assertThat(model.crashes()).isEqualTo(1));
    }

    @Test
    void aPowerCutOrKillSaysNothingAgainstAModelUntilItHappensAgainAndAgain() {
        Quarantine now = start(0);
        for (int i = 1; i < Quarantine.INTERRUPTIONS; i++) {
            now.begin(TENANT, "m", BAD);
            now = start(i % 2 == 0 ? SIGKILL : 0);
            assertThat(now.list(TENANT).getFirst().quarantinedAt()).isEmpty();
        }
        now.begin(TENANT, "m", BAD);
        Quarantine last = start(SIGKILL);
        refused(ServingError.MODEL_QUARANTINED, () -> last.begin(TENANT, "m", BAD));
    }

    @Test
    void theReportOfTheJavaMachineTellsACrashWhereNoSupervisorDoes() throws IOException {
        start(0).begin(TENANT, "m", BAD);
        Files.writeString(folder.resolve("hs_err_pid" + ProcessHandle.current().pid() + ".log"), "SIGSEGV");
        assertThat(start(0).list(TENANT).getFirst().crashes()).isEqualTo(1);
    }

    @Test
    void aLoadThatFailsInWordsLeavesNoMark() {
        Quarantine quarantine = start(0);
        try (LoadGuard.Loading loading = quarantine.begin(TENANT, "m", BAD)) {
            assertThat(loading).isNotNull();
        }
        assertThat(start(SIGSEGV).list(TENANT)).isEmpty();
    }

    @Test
    void whoLoadsBesideASuspectIsNotKeptWaitingAndIsNotBlamedForItsCrash() {
        start(0).begin(TENANT, "m", BAD);
        Quarantine quarantine = start(SIGSEGV);
        quarantine.begin(TENANT, "m", BAD);
        load(quarantine, Digest.of("quick"));
        quarantine.begin(TENANT, "beside", GOOD);
        Quarantine next = start(SIGSEGV);
        assertThat(next.list(TENANT)).singleElement().satisfies(model -> {
            assertThat(model.graph()).isEqualTo(BAD);
            assertThat(model.quarantinedAt()).isPresent();
        });
        load(next, GOOD);
    }

    @Test
    void aMarkerThatWasCutOffWhileItWasWrittenCountsForNothing() throws IOException {
        start(0);
        Files.writeString(folder.resolve("loading/half.json"), "{\"tenant\":\"ac");
        assertThat(start(SIGSEGV).list(TENANT)).isEmpty();
        assertThat(folder.resolve("loading")).isEmptyDirectory();
    }

    @Test
    void tenantsDoNotSeeEachOthersModels() {
        start(0).begin(TENANT, "m", BAD);
        Quarantine quarantine = start(SIGSEGV);
        assertThat(quarantine.list("other")).isEmpty();
        refused(
                CommonError.NOT_FOUND,
                () -> quarantine.release(
                        new Caller("other", "eve", "eve", Caller.Kind.PERSON, Set.of(Role.ADMIN)), BAD, "mine"));
    }

    /** A new start after this process ended with a code; 0 where nobody saw it end. */
    private Quarantine start(int exit) {
        return new Quarantine(
                store,
                ledger,
                folder.resolve("loading"),
                new ProcessEnd(
                        exit == 0 ? 0 : ProcessHandle.current().pid(),
                        exit == 0 ? OptionalInt.empty() : OptionalInt.of(exit),
                        List.of(folder)),
                clock);
    }

    private static void load(Quarantine quarantine, Digest graph) {
        try (var loading = quarantine.begin(TENANT, "m", graph)) {
            loading.succeeded();
        }
    }

    private List<String> kinds() {
        return ledger.entries(TENANT, EntryFilter.newest(100)).entries().stream()
                .map(entry -> entry.kind())
                .toList();
    }

    private static void refused(ErrorCode code, ThrowingCallable attempt) {
        assertThatThrownBy(attempt)
                .isInstanceOfSatisfying(
                        PilothouseException.class, e -> assertThat(e.code()).isEqualTo(code));
    }
}
