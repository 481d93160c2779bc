package dev.pilothouse.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The stream of what happens, as a browser reads it: broken off, begun again, over a restart of the server. */
@Timeout(120)
class EventRoutesTest {
    @TempDir
    Path data;

    private final HttpClient client = HttpClient.newHttpClient();
    private Wiring server;
    private String key = "";

    @BeforeEach
    void start() {
        server = Wiring.start(ServerConfig.read(Map.of(), List.of("--data-dir=" + data, "--http.port=0")));
        key = server.firstKey().orElse(key);
    }

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    private record Event(String id, String type, String data) {}

    /** An open stream; each event is read when it is asked for, so that a reader can be slow. */
    private final class Events implements AutoCloseable {
        private final InputStream body;
        private final BufferedReader lines;

        Events(String after, String withKey) throws Exception {
            var request = request("/api/v1/events", withKey);
            if (!after.isEmpty()) {
                request.header("last-event-id", after);
            }
            var answer = client.send(request.build(), BodyHandlers.ofInputStream());
            assertThat(answer.statusCode()).isEqualTo(200);
            body = answer.body();
            lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
        }

        Event next() throws Exception {
            String id = "";
            String type = "";
            for (String line; (line = lines.readLine()) != null; ) {
                if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("event: ")) {
                    type = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    return new Event(id, type, line.substring(6));
                }
            }
            return new Event("", "end", "");
        }

        List<String> subjects(int count) throws Exception {
            var subjects = new ArrayList<String>();
            while (subjects.size() < count) {
                Event event = next();
                assertThat(event.type()).isEqualTo("change");
                String subject = Json.parse(event.data()).path("subject").asString();
                if (subject.startsWith("unit/")) {
                    subjects.add(subject);
                    last = event.id();
                }
            }
            return subjects;
        }

        private String last = "";

        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    private HttpRequest.Builder request(String path, String withKey) {
        return HttpRequest.newBuilder(URI.create(server.address() + path))
                .timeout(Duration.ofSeconds(30))
                .header("x-api-key", withKey);
    }

    private String post(String path, String body) throws Exception {
        var answer = client.send(
                request(path, key)
                        .header("content-type", "application/json")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        return answer.body();
    }

    private String unit(int number) throws Exception {
        return "unit/"
                + Json.parse(post("/api/v1/units", "{\"kind\":\"team\",\"name\":\"team-" + number + "\"}"))
                        .path("id")
                        .asString();
    }

    @Test
    void whoComesBackIsToldEachMissedEntryOnceAlsoAfterARestart() throws Exception {
        String after;
        var told = new ArrayList<String>();
        var made = new ArrayList<String>();
        try (var events = new Events("", key)) {
            Event ready = events.next();
            assertThat(ready.type()).isEqualTo("ready");
            made.add(unit(1));
            made.add(unit(2));
            told.addAll(events.subjects(2));
            after = events.last;
        }
        made.add(unit(3));
        made.add(unit(4));
        server.close();
        start();
        made.add(unit(5));
        try (var events = new Events(after, key)) {
            assertThat(events.next()).extracting(Event::type, Event::id).containsExactly("ready", after);
            told.addAll(events.subjects(3));
            made.add(unit(6));
            told.addAll(events.subjects(1));
        }
        assertThat(told).isEqualTo(made);
    }

    @Test
    void whoReadsSlowlyMissesNothingAndHoldsUpNobody() throws Exception {
        try (var slow = new Events("", key);
                var quick = new Events("", key)) {
            slow.next();
            quick.next();
            var made = new ArrayList<String>();
            for (int i = 0; i < 40; i++) {
                made.add(unit(i));
            }
            assertThat(quick.subjects(40)).isEqualTo(made);
            assertThat(slow.subjects(40)).isEqualTo(made);
        }
    }

    @Test
    void whoNamesAnEntryThatIsNotThereLooksAnew() throws Exception {
        try (var events = new Events("999999", key)) {
            assertThat(events.next().type()).isEqualTo("missed");
            String made = unit(1);
            assertThat(events.subjects(1)).containsExactly(made);
        }
        var answer = client.send(request("/api/v1/events?after=yesterday", key).build(), BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("yesterday");
    }

    @Test
    void aStreamDoesNotOutliveItsKey() throws Exception {
        var made = Json.parse(post("/api/v1/keys", "{\"name\":\"short\",\"roles\":[\"viewer\"]}"));
        try (var events = new Events("", made.path("key").asString())) {
            assertThat(events.next().type()).isEqualTo("ready");
            var revoked = client.send(
                    request("/api/v1/keys/" + made.path("id").asString(), key)
                            .DELETE()
                            .build(),
                    BodyHandlers.ofString());
            assertThat(revoked.statusCode()).isLessThan(300);
            Event event = events.next();
            while (event.type().equals("change")) {
                event = events.next();
            }
            assertThat(event.type()).isEqualTo("end");
        }
    }
}
