package dev.pilothouse.trust.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessOnPostgresqlTest {
    @Test
    void keysPrincipalsAndUnitsWorkThereToo(@TempDir Path folder) {
        InstantSource clock = InstantSource.system();
        try (TestPostgres server = TestPostgres.start();
                Store store = TestStore.postgres(server, "journal", "ledger", "access");
                Journal journal = new Journal(store);
                Ledger ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder), clock);
                KeyAuthenticator authenticator = new KeyAuthenticator(
                        store,
                        new FailedLogins(store, ledger, AccessConfig.STANDARD, clock),
                        AccessConfig.STANDARD,
                        clock)) {
            var access = new Access(store, ledger, authenticator, AccessConfig.STANDARD, clock);
            NewKey first = access.bootstrap().orElseThrow();
            assertThat(access.bootstrap()).isEmpty();
            Caller admin = authenticator
                    .authenticate(first.text())
                    .toCompletableFuture()
                    .join()
                    .orElseThrow();
            access.createPrincipal(admin, Caller.Kind.PERSON, "eve", Set.of(Role.VIEWER));
            NewKey key = access.keys()
                    .create(admin, Optional.of("eve"), "k", Set.of(Role.VIEWER), KeyLife.usual(), Optional.empty());
            assertThat(authenticator
                            .authenticate(key.text())
                            .toCompletableFuture()
                            .join())
                    .isPresent();
            authenticator.flush();
            assertThat(access.keys().list(admin, "", 10))
                    .hasSize(2)
                    .allSatisfy(k -> assertThat(k.lastUsedAt()).isPresent());
            access.keys().revoke(admin, key.key().id());
            assertThat(authenticator
                            .authenticate(key.text())
                            .toCompletableFuture()
                            .join())
                    .isEmpty();
            access.changePrincipal(admin, "eve", Optional.of(false), Optional.empty());
            assertThat(access.principals("default", "", 10))
                    .extracting(Principal::active)
                    .containsExactly(true, false);
            access.createUnit(admin, Unit.Kind.TEAM, "Fraud", Optional.empty());
            assertThat(access.units("default")).extracting(Unit::name).containsExactly("default", "Fraud");
        }
    }
}
