package dev.pilothouse.trust.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApprovalsOnPostgresqlTest {
    @Test
    void requestsDecisionsAndExpiryWorkThereToo(@TempDir Path folder) {
        InstantSource clock = InstantSource.system();
        var asker = new Caller("acme", "ann", "Ann", Caller.Kind.PERSON, Set.of(Role.ENGINEER));
        var approver = new Caller("acme", "bob", "Bob", Caller.Kind.PERSON, Set.of(Role.APPROVER));
        try (TestPostgres server = TestPostgres.start();
                Store store = TestStore.postgres(server, "journal", "ledger", "policy");
                Journal journal = new Journal(store);
                Ledger ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder), clock);
                Approvals approvals = new Approvals(store, ledger, clock)) {
            approvals.start();
            Approval asked = store.writeAndWait(tx -> approvals.request(
                    tx, asker, "release/1", Digest.of("1"), Role.APPROVER, "why", Duration.ofHours(1)));
            Approval brief = store.writeAndWait(tx -> approvals.request(
                    tx, asker, "release/2", Digest.of("2"), Role.APPROVER, "why", Duration.ofMillis(100)));
            approvals.decide(approver, asked.id(), true, Optional.empty());
            Awaitility.await()
                    .until(() -> !ledger.entries(
                                    "acme",
                                    new dev.pilothouse.trust.ledger.EntryFilter(
                                            Optional.of("approval.expired"),
                                            Optional.of("release/2"),
                                            Long.MAX_VALUE,
                                            10))
                            .entries()
                            .isEmpty());
            assertThat(approvals.find("acme", brief.id()).orElseThrow().outcome())
                    .isInstanceOf(Approval.Outcome.Expired.class);
            assertThat(approvals.list("acme", true, 10)).isEmpty();
            assertThat(approvals.list("acme", false, 10)).hasSize(2);
            assertThat(approvals.list("acme", false, brief.id(), 10))
                    .containsExactly(approvals.find("acme", asked.id()).orElseThrow());
        }
    }
}
