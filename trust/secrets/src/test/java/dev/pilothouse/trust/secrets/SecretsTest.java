package dev.pilothouse.trust.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.TestPostgres;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsTest {
    private static final Caller KEEPER = new Caller("acme", "ann", "Ann", Caller.Kind.PERSON, Set.of(Role.KEEPER));
    private static final Caller ENGINEER = new Caller("acme", "eva", "Eva", Caller.Kind.PERSON, Set.of(Role.ENGINEER));
    private static final Caller STRANGER = new Caller("bolt", "sam", "Sam", Caller.Kind.PERSON, Set.of(Role.ADMIN));

    @TempDir
    private Path folder;

    private final InstantSource clock = InstantSource.system();

    /** What a test does with secrets. */
    private interface Use {
        void of(Secrets secrets, Ledger ledger) throws IOException;
    }

    private void with(Store store, Use use) throws IOException {
        KeyFolder keys = KeyFolder.open(folder.resolve("keys"));
        try (store;
                Journal journal = new Journal(store);
                Ledger ledger = Ledger.open(store, journal, new Leases(store), keys, clock)) {
            use.of(new Secrets(store, ledger, keys, clock), ledger);
        }
    }

    private Store sqlite() {
        return TestStore.sqlite(folder.resolve("store"), "journal", "ledger", "secrets");
    }

    @Test
    void anEnvironmentsOwnValueCountsBeforeTheOneForAll() throws IOException {
        with(sqlite(), (secrets, ledger) -> SecretsTest.valuesAreScoped(secrets, ledger));
    }

    @Test
    void onPostgresqlTheSame() throws IOException {
        try (TestPostgres server = TestPostgres.start()) {
            with(
                    TestStore.postgres(server, "journal", "ledger", "secrets"),
                    (secrets, ledger) -> SecretsTest.valuesAreScoped(secrets, ledger));
        }
    }

    private static void valuesAreScoped(Secrets secrets, Ledger ledger) {
        var changes = new AtomicInteger();
        secrets.onChange(changes::incrementAndGet);
        secrets.set(KEEPER, "", "api-token", "for all");
        secrets.set(KEEPER, "staging", "api-token", "staging's own");
        secrets.set(STRANGER, "", "api-token", "somebody else's");
        List<String> names = List.of("api-token", "missing");
        assertThat(secrets.values("acme", "staging", names))
                .containsOnlyKeys("api-token")
                .containsEntry("api-token", "staging's own");
        assertThat(secrets.values("acme", "production", names)).containsEntry("api-token", "for all");
        assertThat(secrets.values("acme", "", names)).containsEntry("api-token", "for all");
        Secret again = secrets.set(KEEPER, "staging", "api-token", "rotated");
        assertThat(again.version()).isEqualTo(2);
        assertThat(again.setBy()).isEqualTo("Ann");
        assertThat(secrets.values("acme", "staging", names)).containsEntry("api-token", "rotated");
        assertThat(secrets.list("acme")).extracting(Secret::environment).containsExactly("", "staging");
        assertThat(secrets.list("acme").toString()).doesNotContain("rotated", "for all");
        assertThat(changes).hasValue(4);

        secrets.remove(KEEPER, "staging", "api-token");
        assertThat(secrets.values("acme", "staging", names)).containsEntry("api-token", "for all");
        assertThatThrownBy(() -> secrets.remove(KEEPER, "", "api-tokn"))
                .hasMessageContaining("There is no secret 'api-tokn' for all environments.")
                .hasMessageContaining("Did you mean 'api-token'?");
        Awaitility.await()
                .untilAsserted(() -> assertThat(ledger.history("acme", "secret/staging/api-token", 10))
                        .hasSize(3));
        assertThat(ledger.history("acme", "secret/staging/api-token", 10).toString())
                .contains("secret.removed", "secret.set")
                .doesNotContain("rotated", "staging's own");
    }

    @Test
    void onlyAKeeperSetsAndRemoves() throws IOException {
        with(sqlite(), (secrets, _) -> {
            assertThatThrownBy(() -> secrets.set(ENGINEER, "", "a", "x"))
                    .isInstanceOfSatisfying(
                            PilothouseException.class, e -> assertThat(e.code()).isEqualTo(CommonError.FORBIDDEN))
                    .hasMessageContaining("'keeper'");
            secrets.set(KEEPER, "", "a", "x");
            assertThatThrownBy(() -> secrets.remove(ENGINEER, "", "a")).hasMessageContaining("'keeper'");
        });
    }

    @Test
    void whatCannotBeAVariableIsRefusedWithAllProblemsAndWithoutTheValue() throws IOException {
        with(sqlite(), (secrets, _) -> {
            var refusal = catchThrowableOfType(
                    PilothouseException.class, () -> secrets.set(KEEPER, "Staging", "API_TOKEN", "s3cret\0"));
            assertThat(refusal.problems()).hasSize(3);
            assertThat(refusal.toString() + refusal.problems()).doesNotContain("s3cret");
            for (String bad : List.of("", "x".repeat(Secrets.MAX_BYTES + 1), "é".repeat(Secrets.MAX_BYTES))) {
                assertThatThrownBy(() -> secrets.set(KEEPER, "", "a", bad)).isInstanceOf(PilothouseException.class);
            }
            secrets.set(KEEPER, "", "a", "x".repeat(Secrets.MAX_BYTES));
            assertThat(secrets.values("acme", "", List.of("a"))
                            .values()
                            .iterator()
                            .next())
                    .hasSize(Secrets.MAX_BYTES);
            for (int i = 1; i < Secrets.MAX_COUNT; i++) {
                secrets.set(KEEPER, "", "s" + i, "x");
            }
            assertThatThrownBy(() -> secrets.set(KEEPER, "", "one-more", "x"))
                    .isInstanceOfSatisfying(
                            PilothouseException.class, e -> assertThat(e.code()).isEqualTo(CommonError.CONFLICT));
            assertThat(secrets.set(KEEPER, "", "s1", "y").version()).isEqualTo(2);
            assertThat(secrets.set(STRANGER, "", "one-more", "x").version()).isEqualTo(1);
        });
    }

    @Test
    void theDiskHoldsNoValue() throws IOException {
        String value = "a value that must not be found anywhere";
        with(sqlite(), (secrets, _) -> secrets.set(KEEPER, "staging", "api-token", value));
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain(value);
            }
        }
    }

    @Test
    void aValueMovedToAnotherRowDoesNotOpen() throws IOException {
        Store store = sqlite();
        with(store, (secrets, _) -> {
            secrets.set(KEEPER, "production", "api-token", "production's");
            var stolen = store.<SqlSecrets.Sealed>read(
                    tx -> SqlSecrets.find(tx, "acme", "production", "api-token").orElseThrow());
            store.writeAndWait(tx -> {
                var secret = new Secret("staging", "api-token", 1, "eve", clock.instant());
                SqlSecrets.put(tx, "acme", new SqlSecrets.Sealed(secret, stolen.sealed()));
                return true;
            });
            assertThatThrownBy(() -> secrets.values("acme", "staging", List.of("api-token")))
                    .isInstanceOf(PilothouseException.class)
                    .hasMessageNotContaining("production's");
        });
    }
}
