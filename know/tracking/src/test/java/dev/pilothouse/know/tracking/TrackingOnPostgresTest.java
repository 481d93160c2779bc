package dev.pilothouse.know.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.testkit.TestPostgres;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class TrackingOnPostgresTest extends TrackingContract {
    @TempDir
    static Path folder;

    private @Nullable TestPostgres postgres;
    private String url = "";

    @Override
    TrackingServer open() {
        if (url.isEmpty()) {
            postgres = TestPostgres.start();
            url = postgres.newDatabase();
        }
        return new TrackingServer(folder, StoreConfig.at(url));
    }

    @Test
    void replicasThatChangeOneRunAtOnceAgreeOnItAfterwards() throws InterruptedException {
        open().close();
        long seed = System.nanoTime();
        System.out.println("replicas seed " + seed);
        try (var one = open();
                var two = open()) {
            String run = one.run(one.experiment("contested"));
            var threads = new ArrayList<Thread>();
            for (TrackingServer server : List.of(one, two)) {
                var random = new Random(seed + threads.size());
                threads.add(Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 60; i++) {
                        change(server, run, random, i);
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            String stored = one.store.read(tx -> SqlRuns.tags(tx, "acme", run).toString());
            for (TrackingServer server : List.of(one, two)) {
                JsonNode data = server.get("runs/get?run_id=" + run).at("/run/data");
                var tags = new TreeMap<String, String>();
                data.path("tags")
                        .forEach(tag -> tags.put(
                                tag.path("key").asString(), tag.path("value").asString()));
                assertThat(tags.toString()).isEqualTo(stored);
                assertThat(data.path("metrics")).hasSize(1);
                assertThat(data.path("metrics").path(0).path("step").asInt()).isEqualTo(59);
            }
        }
    }

    private static void change(TrackingServer server, String run, Random random, int i) {
        String key = "k" + random.nextInt(3);
        switch (random.nextInt(3)) {
            case 0 -> server.get("runs/get?run_id=" + run);
            case 1 -> server.post("runs/delete-tag", "{\"run_id\":\"" + run + "\",\"key\":\"" + key + "\"}");
            default ->
                server.post(
                        "runs/set-tag",
                        "{\"run_id\":\"" + run + "\",\"key\":\"" + key + "\",\"value\":\"" + random.nextInt() + "\"}");
        }
        server.post(
                "runs/log-metric",
                "{\"run_id\":\"" + run + "\",\"key\":\"m\",\"value\":1,\"timestamp\":" + i + ",\"step\":" + i + "}");
    }

    @Override
    @AfterAll
    void stop() {
        super.stop();
        if (postgres != null) {
            postgres.close();
        }
    }
}
