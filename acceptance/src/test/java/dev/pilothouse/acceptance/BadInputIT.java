package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.testkit.OnnxBytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What users get wrong, and what attackers try: a clear refusal in the protocol's shape, and state stays whole. */
class BadInputIT {
    @TempDir
    private static Path files;

    private static final HttpClient MULTIPLEXING = HttpClient.newHttpClient();
    private static PackagedServer server;

    @BeforeAll
    static void start() {
        server = PackagedServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    // service files

    @Test
    void allProblemsOfAServiceFileAreToldTogetherWithTheirPlaces() throws IOException {
        Path file = Files.writeString(files.resolve("pilothouse.yaml"), """
                apiVersion: pilothouse.dev/v1
                kind: Servce
                metadata:
                  name: fraud
                modl:
                  name: x
                model:
                  name: fraud
                rollout:
                  steps: [5, 125]
                """);
        var result = server.cli().pilot("apply", "-f", file.toString()).ended(2);
        assertThat(result.err())
                .contains("pilothouse.yaml:2:7 kind", "pilothouse.yaml:5:1 modl", "Did you mean 'model'?")
                .contains("rollout.steps[1]: 125 % is more than all traffic; use at most 100")
                .contains("request id");
        server.client().get("/api/v1/services/fraud").expect(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a: [", "\tkind: x", "a: &x [*x]", "- 1\n- 2", "", "!!java.net.URL [http://x]", "{{{{{{{{"})
    void whatIsNoServiceFileIsRefusedWithAPlace(String text) {
        var answer = server.client()
                .send("POST", "/api/v1/apply?file=x.yaml", "application/yaml", text.getBytes(StandardCharsets.UTF_8));
        JsonNode problem = problem(answer, 400);
        // An empty body has no place to point at.
        if (!text.isEmpty()) {
            assertThat(problem.path("problems").get(0).path("where").asString()).startsWith("x.yaml:");
        }
    }

    @Test
    void aServiceFileInAnotherEncodingIsRefused() {
        byte[] latin = "metadata: {name: gr\u00f6\u00dfe}".getBytes(StandardCharsets.ISO_8859_1);
        problem(server.client().send("POST", "/api/v1/apply", "application/yaml", latin), 400);
    }

    // data

    @Test
    void aRaggedFileIsRefusedWithTheLine() {
        JsonNode problem = problem(data("ragged", "a,b\n1,2\n3,4,5\n6,7\n".getBytes(StandardCharsets.UTF_8)), 422, 400);
        assertThat(problem.toString()).contains("3");
        server.client().get("/api/v1/datasets/ragged").expect(404);
    }

    @Test
    void aFileInAnotherEncodingIsRefusedAndSaysWhichIsExpected() {
        byte[] latin = "name,n\ngr\u00f6\u00dfe,1\n".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(problem(data("latin", latin), 422, 400).toString()).contains("UTF-8");
    }

    @Test
    void notANumberAndInfinityAreRefusedWithTheirLines() {
        data("finite", "x\n1.5\n2.5\n3.5\n".getBytes(StandardCharsets.UTF_8)).expect(201);
        var answer = data("finite", "x\n1.5\nNaN\ninf\n".getBytes(StandardCharsets.UTF_8));
        JsonNode problem = problem(answer, 422).path("problems").path(0);
        assertThat(problem.path("where").asString()).isEqualTo("data.csv column x");
        assertThat(problem.path("what").asString()).contains("line 3 (NaN), line 4 (inf)", "leave a cell empty");
        assertThat(server.client()
                        .get("/api/v1/datasets/finite")
                        .json()
                        .path("version")
                        .asInt())
                .isEqualTo(1);
    }

    @Test
    void aBatchThatBreaksTheExpectationsIsRefusedWithRowsAndReasons() {
        data("kept", "age,kind\n20,a\n30,b\n40,a\n".getBytes(StandardCharsets.UTF_8))
                .expect(201);
        server.client()
                .send(
                        "PUT",
                        "/api/v1/datasets/kept/expectations",
                        "application/json",
                        "{\"columns\":{\"age\":{\"type\":\"long\",\"nulls\":0,\"min\":0,\"max\":120},\"kind\":{\"type\":\"text\"}}}"
                                .getBytes(StandardCharsets.UTF_8))
                .expect(200);
        JsonNode problem = problem(data("kept", "age,kind\n20,a\n999,b\n".getBytes(StandardCharsets.UTF_8)), 422);
        assertThat(problem.toString()).contains("age", "999");
        assertThat(server.client()
                        .get("/api/v1/datasets/kept")
                        .json()
                        .path("version")
                        .asInt())
                .isEqualTo(1);
    }

    private static Client.Answer data(String name, byte[] bytes) {
        return server.client()
                .send(
                        "POST",
                        "/api/v1/datasets/" + name + "/versions?file=data.csv",
                        "application/octet-stream",
                        bytes);
    }

    // models

    @Test
    void aTruncatedModelEndsItsReleaseWithTheReasonAndNothingElse() throws IOException {
        byte[] whole = OnnxBytes.adding(1, 2);
        unloadable("truncated", Arrays.copyOf(whole, whole.length / 2));
    }

    @Test
    void aModelWithAnUnknownOperatorEndsItsReleaseWithTheOperatorsName() throws IOException {
        assertThat(unloadable("frobnicate", OnnxBytes.unknownOperator())).contains("Frobnicate");
    }

    @Test
    void aFileThatIsNoModelEndsItsReleaseWithTheReason() throws IOException {
        unloadable("novel", "It was a dark and stormy night.".repeat(100).getBytes(StandardCharsets.UTF_8));
    }

    private static String unloadable(String name, byte[] graph) throws IOException {
        var added = server.client()
                .send(
                        "POST",
                        "/api/v1/models/" + name + "/versions?file=model.onnx",
                        "application/octet-stream",
                        graph);
        if (added.status() != 201) {
            return problem(added, 400, 422).path("detail").asString();
        }
        Path file = Files.writeString(files.resolve(name + ".yaml"), ReleaseIT.service(name, ""));
        Cli cli = server.cli();
        cli.pilot("apply", "-f", file.toString()).done();
        cli.pilot("release", name, "--watch").ended(1);
        String sentence =
                server.client().service(name).path("release").path("sentence").asString();
        assertThat(sentence)
                .contains("cannot be loaded")
                .doesNotContain("ai.onnxruntime", server.data().toString());
        server.client().get("/v2/models/" + name).expect(404);
        return sentence;
    }

    @Test
    void anEmptyModelIsRefused() {
        problem(
                server.client().send("POST", "/api/v1/models/empty/versions", "application/octet-stream", new byte[0]),
                400);
        server.client().get("/api/v1/models/empty").expect(404);
    }

    // paths

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../../etc/passwd",
                "/a/../../../../etc/passwd",
                "/%2e%2e/%2e%2e/etc/passwd",
                "/..%2f..%2f..%2fetc%2fpasswd",
                "/%252e%252e%252f%252e%252e%252fetc/passwd",
                "/..%5c..%5cetc%5cpasswd",
                "/a/..%00/b",
                "/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
                "/%2fetc%2fpasswd",
                "/a%0d%0ax-injected:1"
            })
    void noArtifactNameLeavesTheStore(String path) throws Exception {
        for (String method : List.of("PUT", "GET")) {
            for (String base :
                    List.of("/api/2.0/mlflow-artifacts/artifacts", "/mlflow/api/2.0/mlflow-artifacts/artifacts")) {
                String answer = raw(method, base + path, method.equals("PUT") ? "owned" : "");
                assertThat(answer).as(method + " " + path).startsWith("HTTP/1.1 400 ");
                assertThat(answer).as(method + " " + path).doesNotContain("root:x:", "x-injected:");
                // A path that cannot even be read names no protocol; MLflow's clients understand its refusal all the
                // same.
                assertThat(answer).as(method + " " + path).contains("\"error_code\":\"INVALID_PARAMETER_VALUE\"");
                HttpResponse<String> multiplexed = overHttp2(method, base + path);
                assertThat(multiplexed.statusCode())
                        .as("HTTP/2 " + method + " " + path)
                        .isEqualTo(400);
                assertThat(multiplexed.body()).contains("\"error_code\":\"INVALID_PARAMETER_VALUE\"");
                assertThat(multiplexed.version()).isEqualTo(HttpClient.Version.HTTP_2);
            }
        }
        assertThat(Files.exists(server.data().resolveSibling("passwd"))).isFalse();
        assertThat(fileNames(server.data())).doesNotContain("passwd");
    }

    /** Names of all files below a folder that its server goes on writing to and deleting from. */
    private static Set<String> fileNames(Path folder) throws IOException {
        var names = new TreeSet<String>();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                names.add(file.getFileName().toString());
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException gone) {
                return FileVisitResult.CONTINUE;
            }
        });
        assertThat(names).as("files of the server").isNotEmpty();
        return names;
    }

    @Test
    void emptyPartsOfAnArtifactsNameAreLeftOut() throws IOException {
        String base = "/api/2.0/mlflow-artifacts/artifacts";
        assertThat(raw("PUT", base + "//etc/hosts", "mine")).startsWith("HTTP/1.1 200 ");
        assertThat(raw("GET", base + "/etc/hosts", ""))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("mine");
    }

    private static HttpResponse<String> overHttp2(String method, String path) throws Exception {
        // The first request upgrades the connection, so that the second comes in frames.
        send("GET", "/health");
        return send(method, path);
    }

    private static HttpResponse<String> send(String method, String path) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(server.address() + path))
                .header("authorization", "Bearer " + server.key())
                .method(
                        method,
                        method.equals("PUT")
                                ? HttpRequest.BodyPublishers.ofByteArray(new byte[1 << 20])
                                : HttpRequest.BodyPublishers.noBody())
                .build();
        return MULTIPLEXING.send(request, HttpResponse.BodyHandlers.ofString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"..%2fx.onnx", "/etc/x.onnx", "..", "a%5cb.onnx"})
    void noFileNameOfAModelLeavesItsFolder(String file) {
        problem(
                server.client()
                        .send(
                                "POST",
                                "/api/v1/models/m/versions?file=" + file,
                                "application/octet-stream",
                                OnnxBytes.adding(1, 2)),
                400);
    }

    /** Sends a request line as it is, which no client library would. */
    private static String raw(String method, String path, String body) throws IOException {
        try (var socket =
                new Socket(server.address().getHost(), server.address().getPort())) {
            socket.setSoTimeout(20_000);
            String request = method + " " + path + " HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + server.key()
                    + "\r\ncontent-length: " + body.length() + "\r\nconnection: close\r\n\r\n" + body;
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            // Only the answer is awaited, not the connection's end, which the server leaves to the client for a while.
            var answer = new ByteArrayOutputStream();
            while (!isWhole(answer.toString(StandardCharsets.ISO_8859_1))) {
                int next = socket.getInputStream().read();
                if (next < 0) {
                    break;
                }
                answer.write(next);
            }
            return answer.toString(StandardCharsets.ISO_8859_1);
        }
    }

    private static boolean isWhole(String answer) {
        int end = answer.indexOf("\r\n\r\n");
        if (end < 0) {
            return false;
        }
        var length = Pattern.compile("(?i)content-length: (\\d+)").matcher(answer);
        return length.find() && answer.length() >= end + 4 + Integer.parseInt(length.group(1));
    }

    // sizes

    @Test
    void aBodyBeyondTheLimitIsRefusedInEachProtocolsShape() {
        byte[] big = new byte[17 << 20];
        Arrays.fill(big, (byte) ' ');
        Client client = server.client();
        JsonNode ours = problem(client.send("POST", "/api/v1/apply", "application/yaml", big), 413);
        assertThat(ours.path("detail").asString()).containsPattern("\\d");
        var mlflow = client.send("POST", "/api/2.0/mlflow/runs/create", "application/json", big)
                .expect(413);
        assertThat(mlflow.json().path("error_code").asString()).isNotBlank();
        client.get("/health").expect(200);
    }

    // keys

    @Test
    void aKeyIsAskedForInEachProtocolsShape() {
        Client nobody = server.client().as("");
        Client stranger = server.client().as("ph_ffffffffffffffff_wrong");
        Client reader = server.client().principal("reader", "viewer");
        String ask = "{\"inputs\":[]}";
        for (Client client : List.of(nobody, stranger)) {
            problem(client.get("/api/v1/services"), 401);
            var mlflow = client.post("/api/2.0/mlflow/experiments/create", "{\"name\":\"x\"}")
                    .expect(401);
            assertThat(mlflow.json().path("error_code").asString()).isEqualTo("UNAUTHENTICATED");
            assertThat(mlflow.json().path("message").asString()).contains("key");
            var inference = client.post("/v2/models/none/infer", ask).expect(401);
            assertThat(inference.json().propertyNames()).containsExactly("error");
        }
        problem(reader.post("/api/v1/apply", "x"), 403);
        var mlflow = reader.post("/api/2.0/mlflow/experiments/create", "{\"name\":\"x\"}")
                .expect(403);
        assertThat(mlflow.json().path("error_code").asString()).isEqualTo("PERMISSION_DENIED");
        assertThat(reader.post("/v2/models/none/infer", ask)
                        .expect(403)
                        .json()
                        .path("error")
                        .asString())
                .contains("invoker");
        server.cli().as("").pilot("status").ended(4);
        server.cli().as(reader.key()).pilot("release", "x").ended(4);
    }

    @Test
    void aKeyIsTakenInAllItsForms() {
        Client plain = server.client().as("");
        String basic =
                java.util.Base64.getEncoder().encodeToString(("any:" + server.key()).getBytes(StandardCharsets.UTF_8));
        plain.send("GET", "/api/v1/whoami", "", new byte[0], "authorization", "Basic " + basic)
                .expect(200);
        plain.send("GET", "/api/v1/whoami", "", new byte[0], "x-api-key", server.key())
                .expect(200);
    }

    @Test
    void whatIsNotThereIsSaidInEachProtocolsShape() {
        Client client = server.client();
        problem(client.get("/api/v1/no-such-thing"), 404);
        assertThat(client.get("/api/2.0/mlflow/no-such-thing")
                        .expect(404)
                        .json()
                        .path("error_code")
                        .asString())
                .isEqualTo("ENDPOINT_NOT_FOUND");
        assertThat(client.get("/v2/models/x/no-such-thing").json().path("error").asString())
                .isNotBlank();
    }

    // the process

    @Test
    void aSecondServerOnTheSameFolderSaysSoAndEnds() {
        var ended = PackagedServer.refused(server.data());
        assertThat(ended.code()).as(ended.text()).isEqualTo(2);
        assertThat(ended.text()).contains(server.data().toString()).doesNotContain("\tat ", "Exception");
        server.client().get("/health").expect(200);
    }

    @Test
    void aLongCommandLineDoesNotEndTheServerWhenItLoadsAModel() throws IOException {
        // ONNX Runtime 1.29 runs a regular expression over its process's command line, recursing for each character.
        try (var other = PackagedServer.startWith(List.of("-Dnote=" + "x".repeat(8_000)))) {
            other.client().addModel("long", OnnxBytes.adding(1, 2));
            Path file = Files.writeString(files.resolve("long.yaml"), ReleaseIT.service("long", ""));
            other.cli().pilot("apply", "-f", file.toString()).done();
            other.cli().pilot("release", "long").done();
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> other.client().state("long").equals("promoted"));
        }
    }

    @Test
    void settingsThatDoNotExistAreAllNamedWithTheNearest() throws IOException {
        Path config =
                Files.writeString(files.resolve("server.yaml"), "http:\n  prot: 80\ncolumns:\n  durability: maybe\n");
        var ended = PackagedServer.refused(
                Files.createDirectory(files.resolve("unused")),
                "--config=" + config,
                "--htp.bind=0.0.0.0",
                "--http.request-timeout=soon");
        assertThat(ended.code()).as(ended.text()).isEqualTo(2);
        assertThat(ended.text())
                .contains("server.yaml:2:3", "http.port", "http.bind", "'soon' is not a time", "write, power")
                .doesNotContain("\tat ", "Exception");
    }

    private static JsonNode problem(Client.Answer answer, Integer... statuses) {
        assertThat(answer.status()).as(answer.text()).isIn((Object[]) statuses);
        assertThat(answer.header("content-type")).as(answer.text()).startsWith("application/problem+json");
        JsonNode problem = Json.parse(answer.bytes());
        assertThat(problem.path("detail").asString()).isNotBlank();
        assertThat(answer.text()).doesNotContain("Exception", "dev.pilothouse", "\tat ");
        return problem;
    }
}
