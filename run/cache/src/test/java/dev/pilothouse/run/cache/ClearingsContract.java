package dev.pilothouse.run.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two servers of one store, each with a cache of its own, on every store. */
abstract class ClearingsContract {
    private static final Caller ANN = new Caller("acme", "ann", "Ann", Caller.Kind.PERSON, Set.of(Role.ENGINEER));
    private static final Duration ANY = Duration.ofDays(1);

    @TempDir
    Path folder;

    private Store store;
    private Journal journal;
    private Ledger ledger;
    private final ResponseCache here = new ResponseCache(CacheConfig.STANDARD);
    private final ResponseCache there = new ResponseCache(CacheConfig.STANDARD);
    private Clearings asked;
    private Clearings other;

    /** An empty database with the tables of the modules with these prefixes. */
    abstract Store connect(String... prefixes);

    @BeforeEach
    void open() {
        store = connect("journal", "ledger", "cache");
        journal = new Journal(store);
        ledger = Ledger.open(
                store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), InstantSource.system());
        asked = new Clearings(store, ledger, here);
        other = new Clearings(store, ledger, there);
        for (ResponseCache cache : new ResponseCache[] {here, there}) {
            keep(cache, "acme", "chat");
            keep(cache, "acme", "code");
            keep(cache, "rival", "chat");
        }
    }

    @AfterEach
    void close() {
        other.close();
        asked.close();
        ledger.close();
        journal.close();
        store.close();
    }

    private static Question question(String tenant, String alias) {
        return new Question(tenant, alias, Digest.of(tenant + " " + alias), null, "");
    }

    private static void keep(ResponseCache cache, String tenant, String alias) {
        cache.keep(question(tenant, alias), ResponseCacheTest.answer(10), null, cache.drops(tenant));
    }

    private static boolean keeps(ResponseCache cache, String tenant, String alias) {
        return cache.find(question(tenant, alias), ANY, _ -> true).isPresent();
    }

    private long told() {
        return store.read(tx -> tx.sql()
                .createQuery("SELECT COUNT(*) FROM journal_entry WHERE kind = 'cache.cleared'")
                .mapTo(Long.class)
                .one());
    }

    @Test
    void whatAnOrganisationDropsIsDroppedByEveryServer() {
        assertThat(asked.clear(ANN, Optional.of("chat"))).isEqualTo(1);
        assertThat(keeps(here, "acme", "chat")).isFalse();
        await().untilAsserted(() -> assertThat(keeps(there, "acme", "chat")).isFalse());
        for (ResponseCache cache : new ResponseCache[] {here, there}) {
            assertThat(keeps(cache, "acme", "code")).isTrue();
            assertThat(keeps(cache, "rival", "chat")).isTrue();
        }
        assertThat(told()).isEqualTo(1);

        assertThat(other.clear(ANN, Optional.empty())).isEqualTo(1);
        await().untilAsserted(() -> assertThat(keeps(here, "acme", "code")).isFalse());
        assertThat(keeps(here, "rival", "chat")).isTrue();
        assertThat(keeps(there, "rival", "chat")).isTrue();
        assertThat(told()).isEqualTo(2);
    }

    @Test
    void whatIsKeptAfterwardsStaysAndTheNextWishCountsAgain() {
        asked.clear(ANN, Optional.of("chat"));
        keep(here, "acme", "chat");
        await().untilAsserted(() -> assertThat(keeps(there, "acme", "chat")).isFalse());
        keep(there, "acme", "chat");
        other.clear(ANN, Optional.of("code"));
        await().untilAsserted(() -> assertThat(keeps(here, "acme", "code")).isFalse());
        assertThat(keeps(here, "acme", "chat")).isTrue();
        assertThat(keeps(there, "acme", "chat")).isTrue();
        assertThat(asked.clear(ANN, Optional.of("chat"))).isEqualTo(1);
        keep(here, "acme", "chat");
        assertThat(asked.clear(ANN, Optional.empty())).isEqualTo(1);
        assertThat(asked.clear(ANN, Optional.of("chat"))).isZero();
    }

    @Test
    void anOrganisationWithMoreAliasesThanCanBeToldApartDropsAll() {
        for (int i = 0; i < Clearings.MOST_ALIASES; i++) {
            String alias = "a" + i;
            store.writeAndWait(tx -> {
                SqlClearings.add(tx, "acme", Optional.of(alias));
                return alias;
            });
        }
        asked.clear(ANN, Optional.of("chat"));
        assertThat(keeps(here, "acme", "code")).isFalse();
        assertThat(keeps(here, "rival", "chat")).isTrue();
        assertThat(store.<Integer>read(tx -> SqlClearings.aliases(tx, "acme"))).isZero();
    }

    @Test
    void whoMayNotOrNamesNoAliasDropsNothing() {
        var viewer = new Caller("acme", "bob", "Bob", Caller.Kind.PERSON, Set.of(Role.VIEWER));
        assertThatThrownBy(() -> asked.clear(viewer, Optional.empty())).hasMessageContaining("engineer");
        assertThatThrownBy(() -> asked.clear(ANN, Optional.of("no alias"))).hasMessageContaining("'no alias'");
        assertThat(keeps(here, "acme", "chat")).isTrue();
    }
}
