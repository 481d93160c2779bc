package dev.pilothouse.run.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.PilothouseException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, written in Python; skipped, saying so, where there is none. */
class FleetTest {
    private static final String SERVER = """
            import http.server, os, signal, subprocess, sys, time
            sick = False
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    global sick
                    body = os.environ.get('ANSWER', 'ok')
                    if self.path == '/crash':
                        os._exit(3)
                    if self.path == '/sicken':
                        sick = True
                    if self.path == '/env':
                        body = ' '.join(sorted(os.environ))
                    if self.path == '/pid':
                        body = str(os.getpid())
                    self.send_response(500 if sick and self.path == '/ready' else 200)
                    self.end_headers()
                    self.wfile.write(body.encode())
                def log_message(self, *args):
                    pass
            if os.environ.get('STUBBORN'):
                signal.signal(signal.SIGTERM, lambda *args: print('not now', flush=True))
            print('listening', flush=True)
            http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
            """;

    @TempDir
    Path folder;

    private final HttpClient http = HttpClient.newHttpClient();
    private Path script;
    private final Map<Digest, byte[]> content = new ConcurrentHashMap<>();
    private Fleet fleet;

    @BeforeEach
    void start() throws IOException {
        assumeThat(hasPython()).as("python3 is there").isTrue();
        script = Files.writeString(folder.resolve("server.py"), SERVER);
        fleet = fleet();
    }

    private static boolean hasPython() {
        try {
            return new ProcessBuilder("python3", "-c", "").start().waitFor(Duration.ofSeconds(20));
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Fleet fleet() {
        return new Fleet(
                new FleetConfig(
                        folder.resolve("fleet"),
                        Duration.ofSeconds(2),
                        Duration.ofMillis(300),
                        Duration.ofMillis(100),
                        Duration.ofSeconds(5),
                        3,
                        Duration.ofMillis(20),
                        Duration.ofMillis(80),
                        Duration.ofMinutes(1),
                        3,
                        2_000),
                digest -> new ByteArrayInputStream(
                        Optional.ofNullable(content.get(digest)).orElseThrow(() -> new IOException("no " + digest))),
                new SplittableRandom(1));
    }

    @AfterEach
    void stop() {
        if (fleet != null) {
            fleet.close();
        }
        http.shutdownNow();
    }

    private ProcessSpec spec(int replicas, Map<String, String> environment) {
        return spec(List.of("python3", script.toString(), "{port}"), replicas, environment);
    }

    private ProcessSpec spec(List<String> command, int replicas, Map<String, String> environment) {
        return new ProcessSpec(
                "acme/fraud/1",
                command,
                environment,
                Map.of(),
                Map.of(),
                folder,
                replicas,
                "/ready",
                Duration.ofSeconds(20));
    }

    private String get(URI address, String path) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(URI.create(address + path)).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private Fleet.Status status() {
        return fleet.status("acme/fraud/1").orElseThrow();
    }

    @Test
    void aProcessIsReadyAtAFreePortWithAMinimalEnvironment() throws Exception {
        Fleet.Status status = fleet.apply(spec(2, Map.of("EXTRA", "1"))).join();
        assertThat(status.state()).isEqualTo("ready");
        assertThat(status.addresses()).hasSize(2).doesNotHaveDuplicates();
        List<String> environment =
                List.of(get(status.addresses().getFirst(), "/env").split(" ", -1));
        assertThat(environment)
                .contains("EXTRA", "PATH", "PORT")
                .doesNotContain("JAVA_HOME", "MAVEN_OPTS", "MAVEN_CMD_LINE_ARGS");
        assertThat(fleet.tail("acme/fraud/1", 10).lines()).contains("listening");
        assertThat(fleet.apply(spec(2, Map.of("EXTRA", "1"))).join().addresses())
                .isEqualTo(status.addresses());
    }

    private Digest keep(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        content.put(Digest.of(bytes), bytes);
        return Digest.of(bytes);
    }

    private ProcessSpec withFiles(String name, Map<String, Digest> files) {
        return new ProcessSpec(
                name,
                List.of("python3", script.toString(), "{port}"),
                Map.of("ANSWER", "{model-dir}/weights/w.txt"),
                Map.of(),
                files,
                folder,
                2,
                "/ready",
                Duration.ofSeconds(20));
    }

    @Test
    void aProcessFindsItsFilesInAFolderThatGoesWithTheLastWhoUsesIt() throws Exception {
        Map<String, Digest> files = Map.of("weights/w.txt", keep("0.5"), "model.json", keep("{}"));
        Fleet.Status one = fleet.apply(withFiles("acme/a/1", files)).join();
        Path weights = Path.of(get(one.addresses().getFirst(), "/"));
        assertThat(weights).hasContent("0.5");
        assertThat(weights.toFile().canWrite() && !isRoot()).as("writable").isFalse();
        assertThat(get(one.addresses().getFirst(), "/env").split(" ")).contains("MODEL_DIR");
        Fleet.Status two = fleet.apply(withFiles("acme/b/1", files)).join();
        assertThat(get(two.addresses().getLast(), "/")).isEqualTo(weights.toString());
        fleet.remove("acme/a/1").join();
        assertThat(weights).exists();
        fleet.remove("acme/b/1").join();
        await().untilAsserted(() -> assertThat(folder.resolve("fleet/files")).isEmptyDirectory());
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    @Test
    void filesThatCannotBeLaidOutFailTheStartWithWordsAndLeaveNothing() {
        Digest there = keep("there");
        Digest gone = Digest.of("gone");
        assertThatThrownBy(() -> fleet.apply(withFiles("acme/a/1", Map.of("a", there, "b", gone)))
                        .join())
                .hasMessageContaining("files cannot be laid out")
                .hasMessageContaining(gone.toString());
        assertThatThrownBy(() -> fleet.apply(withFiles("acme/a/1", Map.of("../../out", there)))
                        .join())
                .hasMessageContaining("outside the folder");
        assertThat(folder.resolve("fleet/out")).doesNotExist();
        await().untilAsserted(() -> assertThat(folder.resolve("fleet/files"))
                .satisfiesAnyOf(
                        none -> assertThat(none).doesNotExist(),
                        none -> assertThat(none).isEmptyDirectory()));
    }

    @Test
    void aCrashedProcessIsRestartedAtTheSameAddress() throws Exception {
        URI address = fleet.apply(spec(1, Map.of())).join().addresses().getFirst();
        assertThatThrownBy(() -> get(address, "/crash")).isInstanceOf(IOException.class);
        await().until(() -> status().restarts() == 1 && status().state().equals("ready"));
        assertThat(status().addresses()).containsExactly(address);
        assertThat(status().lastError()).hasValue("it ended with exit code 3");
    }

    @Test
    void aHungProcessIsRestarted() throws Exception {
        URI address = fleet.apply(spec(1, Map.of())).join().addresses().getFirst();
        String pid = get(address, "/pid");
        get(address, "/sicken");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> status().restarts() == 1 && status().state().equals("ready"));
        assertThat(get(status().addresses().getFirst(), "/pid")).isNotEqualTo(pid);
        assertThat(status().lastError().orElseThrow()).contains("hangs").contains("answered 500");
    }

    @Test
    void aStartThatFailsSaysWhyWithTheLastLinesAndKeepsWhatRan() {
        fleet.apply(spec(1, Map.of())).join();
        URI before = status().addresses().getFirst();
        assertThatThrownBy(() -> fleet.apply(spec(List.of("python3", "-c", "print('no model'); exit(4)"), 1, Map.of()))
                        .join())
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(PilothouseException.class, e -> {
                    assertThat(e.code()).isEqualTo(FleetError.START_FAILED);
                    assertThat(e.detail())
                            .contains("exit code 4")
                            .contains("no model")
                            .contains("{port}");
                });
        assertThat(status().addresses()).containsExactly(before);
        assertThatThrownBy(() -> fleet.apply(spec(List.of("/no/such/program"), 1, Map.of()))
                        .join())
                .hasMessageContaining("cannot be started");
    }

    @Test
    void aProcessThatKeepsFailingIsCrashLooping() throws Exception {
        Path once = folder.resolve("once");
        String shell = "test -e " + once + " && exit 5; touch " + once + "; exec python3 " + script + " $PORT";
        URI address = fleet.apply(spec(List.of("sh", "-c", shell), 1, Map.of()))
                .join()
                .addresses()
                .getFirst();
        assertThatThrownBy(() -> get(address, "/crash")).isInstanceOf(IOException.class);
        await().until(() -> status().state().equals("crash-looping"));
        assertThat(status().addresses()).isEmpty();
        assertThat(status().lastError().orElseThrow()).contains("exit code 5 before it was ready");
    }

    @Test
    void aRollingReplaceLeavesNoGap() {
        fleet.apply(spec(2, Map.of("ANSWER", "old"))).join();
        var running = new AtomicBoolean(true);
        var failures = new AtomicInteger();
        Thread client = Thread.ofVirtual().start(() -> {
            while (running.get()) {
                try {
                    get(status().addresses().getLast(), "/");
                } catch (IOException | RuntimeException e) {
                    failures.incrementAndGet();
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
        List<URI> replaced =
                fleet.apply(spec(2, Map.of("ANSWER", "new"))).join().addresses();
        List<String> answers = new ArrayList<>();
        replaced.forEach(address -> {
            try {
                answers.add(get(address, "/"));
            } catch (IOException | InterruptedException e) {
                answers.add(e.toString());
            }
        });
        running.set(false);
        await().until(() -> !client.isAlive());
        assertThat(answers).containsExactly("new", "new");
        assertThat(failures).hasValue(0);
        await().until(() -> markers() == 2);
    }

    private long markers() throws IOException {
        try (var files = Files.list(folder.resolve("fleet/processes"))) {
            return files.count();
        }
    }

    @Test
    void aStubbornProcessIsKilledAfterItsGracePeriod() throws Exception {
        URI address =
                fleet.apply(spec(1, Map.of("STUBBORN", "1"))).join().addresses().getFirst();
        long pid = Long.parseLong(get(address, "/pid"));
        fleet.remove("acme/fraud/1").join();
        assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
        assertThat(fleet.status("acme/fraud/1")).isEmpty();
        assertThat(markers()).isZero();
    }

    @Test
    void childrenOfTheProcessEndWithIt() throws Exception {
        var shell = List.of("sh", "-c", "python3 " + script + " $PORT; true");
        URI address = fleet.apply(spec(shell, 1, Map.of())).join().addresses().getFirst();
        long python = Long.parseLong(get(address, "/pid"));
        fleet.remove("acme/fraud/1").join();
        await().until(() ->
                ProcessHandle.of(python).filter(ProcessHandle::isAlive).isEmpty());
    }

    @Test
    void whatAKilledServerLeftRunningIsEndedFirst() throws Exception {
        Process orphan = new ProcessBuilder("python3", "-c", "import time; time.sleep(600)").start();
        Process stranger = new ProcessBuilder("python3", "-c", "import time; time.sleep(600)").start();
        var markers = new Markers(folder.resolve("fleet/processes"));
        Path _ = markers.mark(orphan.toHandle(), "acme/old/1");
        Files.writeString(folder.resolve("fleet/processes/x.process"), stranger.pid() + "\n12345\nacme/old/2\n");
        Files.writeString(folder.resolve("fleet/processes/y.process"), "half a mar");
        fleet.close();
        fleet = fleet();
        assertThat(orphan.waitFor(Duration.ofSeconds(5))).isTrue();
        assertThat(stranger.isAlive())
                .as("a process that only has the same pid")
                .isTrue();
        assertThat(markers()).isZero();
        stranger.destroyForcibly();
    }

    @Test
    void outputIsBoundedInMemoryAndRotatedOnDisk() throws Exception {
        String noisy = "import sys\nfor i in range(3000): print('line', i)\nprint('x' * 100000)\n";
        Files.writeString(script, noisy + SERVER);
        fleet.apply(spec(1, Map.of())).join();
        await().until(() -> fleet.tail("acme/fraud/1", 5).lines().contains("listening"));
        List<String> lines = fleet.tail("acme/fraud/1", 5_000).lines();
        assertThat(lines).hasSize(Lines.KEPT).allMatch(line -> line.length() <= Lines.LONGEST);
        Path log = folder.resolve("fleet/logs/acme_fraud_1.log");
        assertThat(log).exists();
        assertThat(log.resolveSibling("acme_fraud_1.log.1")).exists();
        assertThat(Files.size(log)).isLessThan(20_000);
    }

    @Test
    void removingEndsAStartThatIsUnderWay() {
        var never = spec(List.of("python3", "-c", "import time; time.sleep(600)"), 1, Map.of());
        var starting = fleet.apply(never);
        await().until(() -> fleet.status("acme/fraud/1").isPresent() && markers() == 1);
        fleet.remove("acme/fraud/1").join();
        assertThatThrownBy(starting::join).hasMessageContaining("stopped");
    }
}
