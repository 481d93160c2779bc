package dev.pilothouse.trust.ledger;

import static dev.pilothouse.trust.ledger.LedgerFixture.ANN;
import static dev.pilothouse.trust.ledger.LedgerFixture.BOB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.trust.transparency.EntryProof;
import dev.pilothouse.trust.transparency.InclusionProof;
import dev.pilothouse.trust.transparency.NoteKey;
import dev.pilothouse.trust.transparency.OfflineVerifier;
import dev.pilothouse.trust.transparency.Verification;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class LedgerRoutesTest {
    private static final Map<String, Caller> CALLERS = Map.of(
            "ann", ANN,
            "bob", BOB,
            "viewer", new Caller("acme", "p-vic", "Vic", Caller.Kind.PERSON, Set.of(Role.VIEWER)),
            "auditor", new Caller("acme", "p-aud", "Aud", Caller.Kind.PERSON, Set.of(Role.AUDITOR)),
            "invoker", new Caller("acme", "p-inv", "Inv", Caller.Kind.SERVICE, Set.of(Role.INVOKER)));

    private static final int FILLED = 700;

    @TempDir
    static Path folder;

    private static final HttpClient client = HttpClient.newHttpClient();
    private static LedgerFixture house;
    private static Edge edge;

    @BeforeAll
    static void start() {
        house = new LedgerFixture(folder.resolve("house"));
        house.fill(FILLED);
        var table = new RouteTable();
        new LedgerRoutes(house.ledger, "acme").addTo(table);
        edge = Edge.start(
                EdgeConfig.onPort(0),
                table,
                key -> CompletableFuture.completedFuture(Optional.ofNullable(CALLERS.get(key))));
    }

    @AfterAll
    static void stop() {
        edge.close();
        client.close();
        house.close();
    }

    @Test
    void aRunningServersLedgerVerifiesOverHttp() throws Exception {
        Verification verified = OfflineVerifier.server(served("auditor"), OfflineVerifier.Known.nothing(), _ -> {});
        assertThat(verified).isInstanceOfSatisfying(Verification.Verified.class, v -> {
            assertThat(v.head().size()).isGreaterThanOrEqualTo(FILLED);
            assertThat(v.payloads()).isGreaterThanOrEqualTo(467);
            assertThat(v.withheld()).isZero();
        });
    }

    @Test
    void anotherOrganisationsAuditorVerifiesTheTreeButSeesOnlyItsOwnEntries() throws Exception {
        Verification verified = OfflineVerifier.server(served("bob"), OfflineVerifier.Known.nothing(), _ -> {});
        assertThat(verified).isInstanceOfSatisfying(Verification.Verified.class, v -> {
            assertThat(v.payloads()).isEqualTo(233);
            assertThat(v.withheld()).isGreaterThanOrEqualTo(467);
        });
        assertThat(new String(get("bob", "tile/entries/000").body(), java.nio.charset.StandardCharsets.UTF_8))
                .doesNotContain("acme");
    }

    @Test
    void aDownloadedExportVerifiesOffline() throws Exception {
        Path tar = folder.resolve("ledger.tar");
        Files.write(tar, get("auditor", "export").body());
        assertThat(OfflineVerifier.copy(tar, OfflineVerifier.Known.nothing(), _ -> {}))
                .isInstanceOf(Verification.Verified.class);
    }

    @Test
    void anEntryComesWithAProofThatHolds() throws Exception {
        String id = house.ledger.history("acme", "thing/0", 1).getFirst().id();
        ObjectNode entry = Json.parseObject(get("viewer", "entries/" + id).body());
        JsonNode proof = entry.path("proof");
        List<byte[]> path = proof.path("path")
                .valueStream()
                .map(hash -> Base64.getDecoder().decode(hash.asString()))
                .toList();
        var inclusion = new InclusionProof(
                proof.path("index").asLong(), proof.path("size").asLong(), path);
        var checked = new EntryProof(
                Base64.getDecoder().decode(entry.path("leaf").asString()),
                inclusion,
                proof.path("checkpoint").asString());
        assertThat(checked.holds(NoteKey.parse(proof.path("key").asString()))).isTrue();
        assertThat(entry.path("payload").path("note").asString())
                .isEqualTo("change " + entry.path("number").asLong());
        assertThat(get("bob", "entries/" + id).statusCode()).isEqualTo(404);
    }

    @Test
    void entriesArePagedAndFiltered() throws Exception {
        ObjectNode page =
                Json.parseObject(get("viewer", "entries?limit=10&kind=thing.").body());
        assertThat(page.path("items")).hasSize(10);
        ObjectNode rest = Json.parseObject(
                get("viewer", "entries?limit=1000&cursor=" + page.path("next").asString())
                        .body());
        assertThat(rest.path("items")).hasSizeGreaterThanOrEqualTo(457);
        assertThat(rest.path("next").isNull()).isTrue();
        ObjectNode subject =
                Json.parseObject(get("viewer", "entries?subject=thing/3").body());
        assertThat(subject.path("items"))
                .isNotEmpty()
                .allSatisfy(item -> assertThat(item.path("subject").asString()).isEqualTo("thing/3"));
    }

    @Test
    void rolesDecideWhoReadsWhat() throws Exception {
        for (String path : List.of("tile/entries/000.p/3", "export", "payloads/000.p/3")) {
            assertThat(get("viewer", path).statusCode()).as(path).isEqualTo(403);
        }
        for (String path : List.of("checkpoint", "key", "tile/0/000.p/3")) {
            assertThat(get("invoker", path).statusCode()).as(path).isEqualTo(200);
            assertThat(get("nobody", path).statusCode()).as(path).isEqualTo(401);
        }
        assertThat(get("invoker", "entries").statusCode()).isEqualTo(403);
        assertThat(get("auditor", "entries").statusCode()).isEqualTo(200);
    }

    @Test
    void tilesBeyondTheHeadAndStrangePathsAreNotThere() throws Exception {
        for (String path : List.of(
                "tile/0/002",
                "tile/0/003",
                "tile/1/000.p/3",
                "tile/9/000",
                "tile/0/0",
                "tile/x/000",
                "tile/entries/003")) {
            assertThat(get("ann", path).statusCode()).as(path).isEqualTo(404);
        }
    }

    @Test
    void anAdminErasesWithAReason() throws Exception {
        String id = house.append(ANN, "person/1", "private");
        assertThat(erase("auditor", id, "{\"reason\": \"x\"}")).isEqualTo(403);
        assertThat(erase("ann", id, "{}")).isEqualTo(400);
        assertThat(erase("ann", id, "{\"reason\": \"case 7\"}")).isEqualTo(204);
        ObjectNode entry = Json.parseObject(get("viewer", "entries/" + id).body());
        assertThat(entry.path("erased").asBoolean()).isTrue();
        assertThat(entry.path("payload").isNull()).isTrue();
    }

    private int erase(String key, String id, String body) throws Exception {
        var request = HttpRequest.newBuilder(uri("entries/" + id + "/erase"))
                .header("authorization", "Bearer " + key)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    private OfflineVerifier.Source served(String key) {
        return path -> {
            HttpResponse<byte[]> answer = get(key, path);
            return answer.statusCode() == 200 ? Optional.of(answer.body()) : Optional.empty();
        };
    }

    private HttpResponse<byte[]> get(String key, String path) throws IOException {
        var request = HttpRequest.newBuilder(uri(path))
                .header("authorization", "Bearer " + key)
                .build();
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static URI uri(String path) {
        return URI.create("http://127.0.0.1:" + edge.port() + "/api/v1/ledger/" + path);
    }
}
