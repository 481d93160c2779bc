package dev.pilothouse.trust.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.journal.Journal;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.replicas.Leases;
import dev.pilothouse.platform.store.Store;
import dev.pilothouse.testkit.ManualClock;
import dev.pilothouse.testkit.TestStore;
import dev.pilothouse.trust.ledger.EntryFilter;
import dev.pilothouse.trust.ledger.KeyFolder;
import dev.pilothouse.trust.ledger.Ledger;
import dev.pilothouse.trust.ledger.RecordedEntry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logging in and out over HTTP, as a browser does it, and as another site would try to. */
class SessionsTest {
    @TempDir
    Path folder;

    private final ManualClock clock = new ManualClock();
    private final HttpClient client = HttpClient.newHttpClient();
    private Store store;
    private Journal journal;
    private Ledger ledger;
    private KeyAuthenticator authenticator;
    private Access access;
    private Edge edge;
    private NewKey key;

    @BeforeEach
    void open() {
        store = TestStore.sqlite(folder.resolve("store"), Journal.MIGRATIONS, Ledger.MIGRATIONS, Access.MIGRATIONS);
        journal = new Journal(store);
        ledger = Ledger.open(store, journal, new Leases(store), KeyFolder.open(folder.resolve("keys")), clock);
        authenticator = new KeyAuthenticator(
                store, new FailedLogins(store, ledger, AccessConfig.STANDARD, clock), AccessConfig.STANDARD, clock);
        access = new Access(store, ledger, authenticator, AccessConfig.STANDARD, clock);
        key = access.bootstrap().orElseThrow();
        var routes = new RouteTable();
        new KeyRoutes(access.keys()).addTo(routes);
        new SessionRoutes(new Sessions(store, ledger, authenticator, clock), false).addTo(routes);
        edge = Edge.start(EdgeConfig.onPort(0), routes, authenticator);
    }

    @AfterEach
    void close() {
        edge.close();
        client.close();
        authenticator.close();
        ledger.close();
        journal.close();
        store.close();
    }

    @Test
    void aKeyIsTradedForACookieThatNoScriptReads() throws Exception {
        HttpResponse<String> answer = logIn();
        assertThat(answer.statusCode()).isEqualTo(201);
        assertThat(answer.body()).doesNotContain(key.text()).contains("\"admin\"");
        assertThat(cookieLine(answer))
                .contains("HttpOnly")
                .contains("SameSite=Strict")
                .contains("Path=/;")
                .contains("Max-Age=43200")
                .doesNotContain("Secure")
                .doesNotContain(key.text());
        HttpResponse<String> me = send(get("/api/v1/session").header("cookie", cookie(answer)));
        assertThat(me.statusCode()).isEqualTo(200);
        assertThat(Json.parse(me.body()).path("keyId").asString())
                .isEqualTo(key.key().id());
    }

    @Test
    void behindAProxyTheCookieIsForItsPathAndForTlsOnly() throws Exception {
        HttpResponse<String> answer = send(post("/api/v1/session", "{\"key\": \"" + key.text() + "\"}")
                .header("x-forwarded-proto", "https")
                .header("x-forwarded-prefix", "/ml/pilothouse/"));
        assertThat(cookieLine(answer)).contains("Path=/ml/pilothouse/;").endsWith("; Secure");
        HttpResponse<String> odd = send(post("/api/v1/session", "{\"key\": \"" + key.text() + "\"}")
                .header("x-forwarded-prefix", "/a; Domain=elsewhere"));
        assertThat(cookieLine(odd)).contains("Path=/;").doesNotContain("elsewhere");
    }

    @Test
    void aCallThatChangesSomethingNeedsTheHeaderOfTheConsole() throws Exception {
        String cookie = cookie(logIn());
        String body = "{\"name\": \"ci\", \"roles\": [\"viewer\"]}";
        assertThat(send(post("/api/v1/keys", body).header("cookie", cookie)).statusCode())
                .isEqualTo(403);
        assertThat(send(post("/api/v1/keys", body)
                                .header("cookie", cookie)
                                .header("x-pilothouse-console", "1")
                                .header("sec-fetch-site", "same-site"))
                        .statusCode())
                .isEqualTo(403);
        assertThat(send(post("/api/v1/keys", body)
                                .header("cookie", cookie)
                                .header("x-pilothouse-console", "1")
                                .header("sec-fetch-site", "same-origin"))
                        .statusCode())
                .isEqualTo(201);
        assertThat(send(post("/api/v1/keys", body).header("x-api-key", key.text()))
                        .statusCode())
                .isEqualTo(201);
    }

    @Test
    void anotherSiteCannotLogAPersonIn() throws Exception {
        HttpResponse<String> answer = send(
                post("/api/v1/session", "{\"key\": \"" + key.text() + "\"}").header("sec-fetch-site", "cross-site"));
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.headers().firstValue("set-cookie")).isEmpty();
    }

    @Test
    void aWrongKeyIsRefused() throws Exception {
        assertThat(send(post("/api/v1/session", "{\"key\": \"ph_nonsense\"}")).statusCode())
                .isEqualTo(401);
        assertThat(send(post("/api/v1/session", "{}")).statusCode()).isEqualTo(400);
    }

    @Test
    void loggingOutEndsTheSessionAtOnce() throws Exception {
        String cookie = cookie(logIn());
        HttpResponse<String> out = send(HttpRequest.newBuilder(uri("/api/v1/session"))
                .DELETE()
                .header("cookie", cookie)
                .header("x-pilothouse-console", "1"));
        assertThat(out.statusCode()).isEqualTo(204);
        assertThat(cookieLine(out)).contains("Max-Age=0");
        assertThat(send(get("/api/v1/session").header("cookie", cookie)).statusCode())
                .isEqualTo(401);
        // Entries are numbered a moment after their transaction.
        await().untilAsserted(() -> assertThat(kinds()).contains("session.started", "session.ended"));
    }

    @Test
    void aSessionEndsWithItsKey() throws Exception {
        Caller admin = authenticator
                .authenticate(key.text())
                .toCompletableFuture()
                .join()
                .orElseThrow();
        NewKey other = access.keys()
                .create(admin, Optional.empty(), "browser", Set.of(Role.VIEWER), KeyLife.usual(), Optional.empty());
        String cookie = cookie(send(post("/api/v1/session", "{\"key\": \"" + other.text() + "\"}")));
        assertThat(send(get("/api/v1/session").header("cookie", cookie)).statusCode())
                .isEqualTo(200);
        access.keys().revoke(admin, other.key().id());
        assertThat(send(get("/api/v1/session").header("cookie", cookie)).statusCode())
                .isEqualTo(401);
    }

    @Test
    void aSessionLivesOnWhileItIsUsedAndEndsTwelveHoursAfter() throws Exception {
        String cookie = cookie(logIn());
        clock.advance(Duration.ofHours(11));
        assertThat(send(get("/api/v1/session").header("cookie", cookie)).statusCode())
                .isEqualTo(200);
        authenticator.flush();
        authenticator.forgetAll();
        clock.advance(Duration.ofHours(11));
        assertThat(send(get("/api/v1/session").header("cookie", cookie)).statusCode())
                .isEqualTo(200);
        authenticator.flush();
        authenticator.forgetAll();
        clock.advance(Duration.ofHours(13));
        assertThat(send(get("/api/v1/session").header("cookie", cookie)).statusCode())
                .isEqualTo(401);
    }

    @Test
    void theTokenIsNowhereInTheStore() throws Exception {
        String token = cookie(logIn()).replace("pilothouse_session=", "");
        for (var file : folder.resolve("store").toFile().listFiles()) {
            String bytes = java.nio.file.Files.readString(file.toPath(), java.nio.charset.StandardCharsets.ISO_8859_1);
            assertThat(bytes).doesNotContain(token).doesNotContain(token.substring(8));
        }
    }

    private Iterable<String> kinds() {
        return ledger.entries("default", EntryFilter.newest(100)).entries().stream()
                .map(RecordedEntry::kind)
                .toList();
    }

    private HttpResponse<String> logIn() throws Exception {
        return send(post("/api/v1/session", "{\"key\": \"" + key.text() + "\"}"));
    }

    private static String cookieLine(HttpResponse<String> answer) {
        return answer.headers().firstValue("set-cookie").orElseThrow();
    }

    private static String cookie(HttpResponse<String> answer) {
        return cookieLine(answer).split(";", 2)[0];
    }

    private URI uri(String path) {
        return edge.address().resolve(path);
    }

    private HttpRequest.Builder get(String path) {
        return HttpRequest.newBuilder(uri(path));
    }

    private HttpRequest.Builder post(String path, String body) {
        return HttpRequest.newBuilder(uri(path))
                .header("content-type", "application/json")
                .POST(BodyPublishers.ofString(body));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }
}
