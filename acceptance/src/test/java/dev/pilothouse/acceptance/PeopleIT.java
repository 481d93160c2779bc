package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.testkit.OnnxBytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** People come, work and leave, by the command line and over HTTP; and strangers who guess must wait. */
class PeopleIT {
    private static PackagedServer server;

    @BeforeAll
    static void start() {
        server = PackagedServer.start("--http.trusted-proxies=127.0.0.1");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void thePageOnPeopleAndKeysSaysWhatWorks() {
        HowTo page = HowTo.page("manage-people-and-keys.md");
        for (int block = 0; block < page.blocks("sh").size(); block++) {
            for (String[] command : page.pilot(block)) {
                server.cli().pilot(command).done();
            }
        }
    }

    @Test
    void anInvitedPersonGetsAKeyThatNobodyElseSawAndTheLinkWorksOnce() {
        String link = server.cli()
                .pilot("people", "invite", "grace", "--role", "engineer")
                .done()
                .out()
                .strip();
        assertThat(link).startsWith(server.address() + "/console/invitation#phi_");
        String key = server.cli()
                .as("")
                .pilot("people", "accept", link, "--print")
                .done()
                .out()
                .strip();
        JsonNode who = server.client().as(key).get("/api/v1/whoami").expect(200).json();
        assertThat(who.path("name").asString()).isEqualTo("grace");
        assertThat(who.path("roles").toString()).isEqualTo("[\"engineer\"]");
        var again =
                server.cli().as("").pilot("people", "accept", link, "--print").ended(1);
        assertThat(again.err()).contains("was accepted at", "request id");
        server.client().as(key).get("/api/v1/invitations").expect(403);
    }

    @Test
    void whoIsDeactivatedIsOutWithinASecondByKeyAndBySession() {
        Client eve = server.client().principal("eve", "viewer");
        var login = eve.as("")
                .post("/api/v1/session", "{\"key\":\"" + eve.key() + "\"}")
                .expect(201);
        String cookie = login.header("set-cookie").split(";", 2)[0];
        eve.get("/api/v1/services").expect(200);
        server.cli().pilot("people", "deactivate", "eve").done();
        await().atMost(Duration.ofSeconds(1))
                .until(() -> eve.get("/api/v1/services").status() == 401);
        assertThat(eve.as("")
                        .send("GET", "/api/v1/services", "", new byte[0], "cookie", cookie)
                        .status())
                .isEqualTo(401);
        server.cli().pilot("people", "reactivate", "eve").done();
        eve.get("/api/v1/services").expect(200);
        assertThat(eve.as("")
                        .send("GET", "/api/v1/services", "", new byte[0], "cookie", cookie)
                        .status())
                .as("sessions do not come back")
                .isEqualTo(401);
    }

    @Test
    void theLastAdminStays() {
        assertThat(server.cli().pilot("people", "deactivate", "admin").ended(1).err())
                .contains("last active admin");
        assertThat(server.cli()
                        .pilot("people", "remove", "admin", "--confirm", "admin")
                        .ended(1)
                        .err())
                .contains("last active admin");
    }

    @Test
    void aRemovedPersonsNameIsNowhereAndTheLedgerVerifies() {
        String name = "Zacharias Unmistakable";
        Client person = server.client().principal(name, "engineer");
        person.post("/api/2.0/mlflow/experiments/create", "{\"name\":\"of the removed\"}")
                .expect(200);
        person.send(
                        "POST",
                        "/api/v1/models/theirs/versions?file=m.onnx",
                        "application/octet-stream",
                        OnnxBytes.adding(1, 2))
                .expect(201);
        person.send(
                        "POST",
                        "/api/v1/apply?file=s.yaml",
                        "application/yaml",
                        "apiVersion: pilothouse.dev/v1\nkind: Service\nmetadata: {name: theirs}\nmodel: {name: theirs}\n"
                                .getBytes(StandardCharsets.UTF_8))
                .expect(200);
        person.post("/api/v1/services/theirs/releases", "{\"model\":\"theirs/1\"}")
                .expect(201);
        assertThat(server.client().get("/api/v1/services/theirs/releases").text())
                .contains(name);
        server.cli().pilot("people", "remove", name, "--confirm", name).done();
        person.get("/api/v1/whoami").expect(401);
        await().atMost(Duration.ofMinutes(1))
                .until(() -> !new String(
                                server.client().get("/api/v1/ledger/export").bytes(), StandardCharsets.UTF_8)
                        .contains(name));
        assertThat(server.client().get("/api/v1/principals?limit=1000").text()).doesNotContain(name);
        assertThat(server.client().get("/api/v1/ledger/entries?limit=1000").text())
                .doesNotContain(name);
        assertThat(server.client().get("/api/v1/services/theirs/releases").text())
                .contains("\"requestedBy\"")
                .doesNotContain(name);
        server.cli().pilot("audit", "verify").done();
    }

    @Test
    void aKeyThatIsAboutToEndSaysSoInApiAndCommandLine() {
        // It says so in its last fifth, in which a command has to start.
        String key = server.client()
                .post("/api/v1/keys", "{\"name\":\"short\",\"roles\":[\"viewer\"],\"expiresIn\":\"25s\"}")
                .expect(201)
                .json()
                .path("key")
                .asString();
        Client short_ = server.client().as(key);
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    var answer = short_.get("/api/v1/whoami");
                    return answer.status() == 401
                            || !answer.header("x-pilothouse-key-expires").isEmpty();
                });
        assertThat(short_.get("/api/v1/whoami").header("x-pilothouse-key-expires"))
                .isNotEmpty();
        assertThat(server.cli().as(key).pilot("whoami").err()).contains("warning: this key ends in");
        assertThat(server.client().get("/api/v1/whoami").header("x-pilothouse-key-expires"))
                .isEmpty();
    }

    @Test
    void aKeyIsRotatedWithAnOverlap() {
        JsonNode old = server.client()
                .post("/api/v1/keys", "{\"name\":\"ci\",\"roles\":[\"viewer\"]}")
                .expect(201)
                .json();
        String next = server.cli()
                .pilot("keys", "rotate", old.path("id").asString(), "--overlap", "2s")
                .done()
                .out()
                .strip();
        server.client().as(next).get("/api/v1/whoami").expect(200);
        await().atMost(Duration.ofSeconds(10))
                .until(() -> server.client()
                                .as(old.path("key").asString())
                                .get("/api/v1/whoami")
                                .status()
                        == 401);
        server.client().as(next).get("/api/v1/whoami").expect(200);
    }

    @Test
    void whoGuessesKeysWaitsInEachProtocolsShapeAndNobodyElseDoes() {
        String wrong = "ph_ffffffffffffffff_wrong";
        var statuses = new ArrayList<Integer>();
        for (int i = 0; i < 31; i++) {
            statuses.add(guess("GET", "/api/v1/whoami", wrong).status());
        }
        assertThat(statuses.subList(0, 30)).containsOnly(401);
        assertThat(statuses.getLast()).isEqualTo(429);
        var ours = guess("GET", "/api/v1/whoami", wrong);
        assertThat(ours.json().path("code").asString()).isEqualTo("too-many-requests");
        var mlflow = guess("POST", "/api/2.0/mlflow/experiments/create", wrong);
        assertThat(mlflow.json().path("error_code").asString()).isEqualTo("REQUEST_LIMIT_EXCEEDED");
        var inference = guess("POST", "/v2/models/none/infer", wrong);
        assertThat(inference.json().path("error").asString()).contains("Too many keys");
        var login = server.client()
                .as("")
                .send(
                        "POST",
                        "/api/v1/session",
                        "application/json",
                        ("{\"key\":\"" + server.key() + "\"}").getBytes(StandardCharsets.UTF_8),
                        "x-forwarded-for",
                        "203.0.113.66");
        for (var answer : List.of(ours, mlflow, inference, login)) {
            assertThat(answer.status()).as(answer.text()).isEqualTo(429);
            assertThat(Integer.parseInt(answer.header("retry-after"))).isBetween(1, 60);
        }
        server.client().get("/api/v1/whoami").expect(200);
        await().until(() -> server.client()
                .get("/api/v1/ledger/entries?kind=login.throttled")
                .expect(200)
                .text()
                .contains("203.0.113.66"));
    }

    /** A call that a trusted proxy passes on for an address. */
    private static Client.Answer guess(String method, String path, String key) {
        byte[] body = method.equals("POST") ? "{}".getBytes(StandardCharsets.UTF_8) : new byte[0];
        return server.client()
                .as(key)
                .send(
                        method,
                        path,
                        body.length == 0 ? "" : "application/json",
                        body,
                        "x-forwarded-for",
                        "203.0.113.66");
    }
}
