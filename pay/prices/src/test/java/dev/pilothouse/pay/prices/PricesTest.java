package dev.pilothouse.pay.prices;

import static dev.pilothouse.pay.prices.TokenClass.INPUT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Money;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PricesTest {
    private static final Caller ADMIN = new Caller("acme", "ada", "Ada", Caller.Kind.PERSON, Set.of(Role.ADMIN));
    private static final Caller ENGINEER =
            new Caller("acme", "eva", "Eva", Caller.Kind.PERSON, Set.of(Role.ENGINEER, Role.APPROVER));
    private static final Caller VIEWER = new Caller("acme", "vic", "Vic", Caller.Kind.PERSON, Set.of(Role.VIEWER));
    private static final Instant FEBRUARY = Instant.parse("2026-02-01T00:00:00Z");

    @TempDir
    private Path folder;

    private final InstantSource clock = InstantSource.system();

    /** What a test does with prices. */
    private interface Use {
        void of(Prices prices, Ledger ledger, Store store);
    }

    private void with(Store store, Use use) {
        try (store;
                Journal journal = new Journal(store);
                Ledger ledger =
                        Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock)) {
            use.of(new Prices(store, ledger, clock), ledger, store);
        }
    }

    private Store sqlite() {
        return TestStore.sqlite(folder.resolve("store"), "journal", "ledger", "prices");
    }

    @Test
    void sourcesAreLaidOverEachOtherAndDifferencesListed() {
        with(sqlite(), this::layers);
    }

    @Test
    void onPostgresqlTheSame() {
        try (TestPostgres server = TestPostgres.start()) {
            with(TestStore.postgres(server, "journal", "ledger", "prices"), this::layers);
        }
    }

    private void layers(Prices prices, Ledger ledger, Store store) {
        assertThat(prices.current("acme")).isSameAs(PriceTable.EMPTY);
        var replica = new Prices(store, ledger, clock);
        assertThat(replica.current("acme").rows()).isEmpty();

        Prices.Imported first = load(prices, PriceFormat.GENAI_PRICES, PriceFilesTest.GENAI);
        assertThat(first.changed()).isTrue();
        assertThat(first.added()).isEqualTo(first.read());
        String listed = prices.current("acme").version();
        assertThat(inputAt(prices, "o3", FEBRUARY)).isEqualTo(usd("2"));

        // A second source adds what the first lacks and changes nothing that is in force.
        load(prices, PriceFormat.LITELLM, """
                {"o3": {"litellm_provider": "openai", "input_cost_per_token": 7e-06},
                 "sonar": {"litellm_provider": "openai", "input_cost_per_token": 1e-06},
                 "new": {"litellm_provider": "openai", "input_cost_per_token": 4e-06}}
                """);
        assertThat(inputAt(prices, "o3", FEBRUARY)).isEqualTo(usd("2"));
        assertThat(inputAt(prices, "new", FEBRUARY)).isEqualTo(usd("4"));
        assertThat(prices.conflicts(VIEWER))
                .filteredOn(conflict -> conflict.disagrees().model().equals("o3"))
                .singleElement()
                .satisfies(conflict -> {
                    assertThat(conflict.disagrees().source()).isEqualTo("litellm");
                    assertThat(conflict.counts().rates().base().own()).containsEntry(INPUT, usd("10"));
                });

        // A contract stands against all from its day on, and leaves the days before as they were.
        Prices.Imported contract = load(prices, PriceFormat.OVERLAY, PriceFilesTest.OVERLAY);
        assertThat(inputAt(prices, "o3", FEBRUARY.minusMillis(1))).isEqualTo(usd("2"));
        assertThat(inputAt(prices, "o3", FEBRUARY)).isEqualTo(usd("1.9"));
        assertThat(contract.version().number()).isEqualTo(3);

        // Another replica sees it; what was charged by an older version can still be looked up.
        Awaitility.await()
                .until(() -> replica.current("acme")
                        .version()
                        .equals(contract.version().digest().brief()));
        assertThat(prices.version("acme", listed).find("openai", "new", "", FEBRUARY))
                .isEmpty();
        assertThat(prices.version("acme", listed).version()).isEqualTo(listed);
        assertThat(prices.versions(VIEWER, Long.MAX_VALUE, 10))
                .extracting(PriceVersion::number)
                .containsExactly(3L, 2L, 1L);
        assertThat(prices.versions(VIEWER, 3, 1))
                .extracting(PriceVersion::source)
                .containsExactly("litellm");
        assertThat(prices.current("bolt").rows()).isEmpty();
        assertThatThrownBy(() -> prices.version("bolt", listed)).hasMessageContaining(listed);

        Awaitility.await()
                .untilAsserted(() ->
                        assertThat(ledger.history("acme", "prices/overlay", 10)).hasSize(1));
        assertThat(ledger.history("acme", "prices/overlay", 10).toString())
                .contains(
                        "prices.imported",
                        contract.version().digest().hex(),
                        contract.version().file().hex());
    }

    @Test
    void theSameFileAgainIsTheSameVersion() {
        with(sqlite(), (prices, ledger, _) -> {
            Prices.Imported first = load(prices, PriceFormat.LITELLM, PriceFilesTest.LITELLM);
            Prices.Imported again = load(prices, PriceFormat.LITELLM, PriceFilesTest.LITELLM);
            assertThat(again.changed()).isFalse();
            assertThat(again.version()).isEqualTo(first.version());
            assertThat(again.added() + again.altered() + again.removed()).isZero();
            Awaitility.await()
                    .untilAsserted(() -> assertThat(ledger.history("acme", "prices/litellm", 10))
                            .hasSize(2));
        });
    }

    @Test
    void aFileThatCountsFromAMomentOnLeavesWhatWasBefore() {
        with(sqlite(), (prices, _, _) -> {
            load(prices, PriceFormat.LITELLM, one("4e-06"));
            Prices.Imported later = prices.importFile(ADMIN, file(PriceFormat.LITELLM, "", FEBRUARY, one("5e-06")));
            assertThat(later.added()).isEqualTo(1);
            assertThat(inputAt(prices, "m", FEBRUARY.minusMillis(1))).isEqualTo(usd("4"));
            assertThat(inputAt(prices, "m", FEBRUARY)).isEqualTo(usd("5"));
            Prices.Imported whole = load(prices, PriceFormat.LITELLM, one("6e-06"));
            assertThat(whole.altered()).isEqualTo(1);
            assertThat(whole.removed()).isEqualTo(1);
            assertThat(inputAt(prices, "m", FEBRUARY)).isEqualTo(usd("6"));
        });
    }

    @Test
    void oneFileOfACollectionLeavesItsOtherModels() {
        with(sqlite(), (prices, _, _) -> {
            for (String model : List.of("a", "b", "a")) {
                prices.importFile(
                        ADMIN,
                        file(
                                PriceFormat.MODELS_DEV,
                                "providers/openai/models/" + model + ".toml",
                                Instant.EPOCH,
                                "[cost]\ninput = 1.5"));
            }
            assertThat(prices.current("acme").rows())
                    .extracting(PriceRow::model)
                    .containsExactly("a", "b");
        });
    }

    @Test
    void whatMayNotBeImportedIsRefusedAndLeavesNothing() {
        with(sqlite(), (prices, _, _) -> {
            assertThatThrownBy(() -> prices.importFile(
                            ENGINEER, file(PriceFormat.LITELLM, "", Instant.EPOCH, PriceFilesTest.LITELLM)))
                    .isInstanceOfSatisfying(
                            PilothouseException.class, e -> assertThat(e.code()).isEqualTo(CommonError.FORBIDDEN));
            assertThatThrownBy(() -> load(prices, PriceFormat.LITELLM, "{}")).hasMessageContaining("no price");
            load(prices, PriceFormat.LITELLM, one("4e-06"));
            assertThatThrownBy(() -> prices.importFile(
                            ADMIN,
                            new Prices.Import(
                                    PriceFormat.OVERLAY,
                                    "litellm",
                                    "",
                                    Instant.EPOCH,
                                    Optional.empty(),
                                    bytes(PriceFilesTest.OVERLAY))))
                    .isInstanceOfSatisfying(
                            PilothouseException.class, e -> assertThat(e.code()).isEqualTo(CommonError.CONFLICT));
            assertThat(prices.versions(VIEWER, Long.MAX_VALUE, 10)).hasSize(1);
        });
    }

    @Test
    void whatAnImportDidIsToldAgainstWhatWasStoredAndNotWhatThisReplicaKnew() {
        with(sqlite(), (prices, ledger, store) -> {
            var replica = new Prices(store, ledger, InstantSource.fixed(FEBRUARY));
            assertThat(replica.current("acme").rows()).isEmpty();
            load(prices, PriceFormat.LITELLM, one("4e-06"));
            Prices.Imported again = load(replica, PriceFormat.LITELLM, one("4e-06"));
            assertThat(again.changed()).isFalse();
            assertThat(again.added()).isZero();
        });
    }

    @Test
    void aRemovedPersonIsForgotten() {
        with(sqlite(), (prices, _, store) -> {
            load(prices, PriceFormat.LITELLM, one("4e-06"));
            store.writeAndWait(tx -> {
                Prices.forget(tx, "bolt", "id", "Ada");
                Prices.forget(tx, "acme", "ada", "Ada");
                return true;
            });
            assertThat(prices.versions(VIEWER, Long.MAX_VALUE, 1))
                    .extracting(PriceVersion::importedBy)
                    .containsExactly("ada");
        });
    }

    @Test
    void anEmptyContractWithdrawsItsPrices() {
        with(sqlite(), (prices, _, _) -> {
            load(prices, PriceFormat.OVERLAY, PriceFilesTest.OVERLAY);
            assertThat(load(prices, PriceFormat.OVERLAY, "prices: []").removed())
                    .isEqualTo(2);
            assertThat(prices.current("acme").rows()).isEmpty();
        });
    }

    private static Prices.Imported load(Prices prices, PriceFormat format, String text) {
        return prices.importFile(ADMIN, file(format, "", Instant.EPOCH, text));
    }

    private static Prices.Import file(PriceFormat format, String path, Instant from, String text) {
        return new Prices.Import(format, "", path, from, Optional.empty(), bytes(text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String one(String usdPerToken) {
        return "{\"m\": {\"litellm_provider\": \"openai\", \"input_cost_per_token\": " + usdPerToken + "}}";
    }

    private static long inputAt(Prices prices, String model, Instant at) {
        return prices.current("acme")
                .find("openai", model, "", at)
                .orElseThrow()
                .rates()
                .base()
                .nanoUsdPerMillion(INPUT)
                .orElseThrow();
    }

    private static long usd(String amount) {
        return Money.parseNanoUsd(amount);
    }
}
