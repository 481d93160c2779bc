package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.platform.http.Authenticator;
import dev.pilothouse.platform.jobs.Jobs;
import dev.pilothouse.platform.jobs.JobsConfig;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ManualClock;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionException;

/** Access on a store, a ledger and jobs of its own, with a clock that tests move. */
final class AccessFixture implements AutoCloseable {
    final ManualClock clock = new ManualClock();
    final Store store;
    final Ledger ledger;
    final KeyAuthenticator authenticator;
    final Access access;
    final FailedLogins failures;
    final PersonalData erasure;
    final NewKey first;
    final Caller admin;
    private final Journal journal;
    private final Jobs jobs;

    AccessFixture(Path folder, AccessConfig config) {
        store = TestStore.sqlite(
                folder.resolve("store"), Journal.MIGRATIONS, Jobs.MIGRATIONS, Ledger.MIGRATIONS, Access.MIGRATIONS);
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
        failures = new FailedLogins(store, ledger, config, clock);
        authenticator = new KeyAuthenticator(store, failures, config, clock);
        access = new Access(store, ledger, authenticator, config, clock);
        jobs = new Jobs(store, clock, Ids.secure(clock), new Random(), JobsConfig.STANDARD);
        erasure = new PersonalData(jobs, ledger, clock, List.of());
        jobs.start();
        first = access.bootstrap().orElseThrow();
        admin = who(first).orElseThrow();
    }

    Optional<Caller> who(NewKey key) {
        return authenticator.authenticate(key.text()).toCompletableFuture().join();
    }

    /** As who came from that address; throws what refuses it. */
    Optional<Caller> from(String address, String key) {
        try {
            return authenticator
                    .admit(key, InetAddress.getByName(address))
                    .toCompletableFuture()
                    .join()
                    .map(Authenticator.Admission::caller);
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public void close() {
        jobs.close();
        authenticator.close();
        ledger.close();
        journal.close();
        store.close();
    }
}
