package dev.pilothouse.run.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewayMoneyTest {
    private static final int CALLERS = 8;
    private static final int CALLS = 100;

    @TempDir
    private Path folder;

    @Test
    void whatAllAnswersSayTogetherIsWhatTheProviderBillsAndNoBudgetIsOverspent() throws Exception {
        long seed = new Random().nextLong();
        var told = new AtomicLong();
        var refused = new AtomicInteger();
        long limit = 3_000_000;
        try (var server = new GatewayServer(folder)) {
            server.alias("varied", "sim", "sim-mini;output-tokens=uniform:1-60;cached-tokens=10;failure-rate=0.1");
            server.alias(
                    "thinks",
                    "claude",
                    "sim-claude;output-tokens=uniform:1-20;cache-write-tokens=5;cache-write-1h-tokens=3");
            server.budget("all", limit);
            var callers = new ArrayList<Thread>();
            for (int caller = 0; caller < CALLERS; caller++) {
                var random = new Random(seed + caller);
                callers.add(Thread.ofVirtual().start(() -> {
                    for (int call = 0; call < CALLS; call++) {
                        long cost = call(server, random);
                        if (cost < 0) {
                            refused.incrementAndGet();
                        } else {
                            told.addAndGet(cost);
                        }
                    }
                }));
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(told.get())
                    .as("seed %d", seed)
                    .isEqualTo(server.invoice().nanoUsd())
                    .isLessThanOrEqualTo(limit);
            assertThat(refused.get()).as("the budget is meant to run out").isPositive();
        }
    }

    /** What a call cost; -1 where the budget refused it. */
    private static long call(GatewayServer server, Random random) {
        boolean stream = random.nextBoolean();
        boolean openAi = random.nextInt(4) > 0;
        String body =
                "{\"model\": \"" + (openAi ? "varied" : "thinks") + "\", \"stream\": " + stream + ", \"max_tokens\": "
                        + (1 + random.nextInt(80)) + ", \"messages\": [{\"role\": \"user\", \"content\": \""
                        + "x".repeat(random.nextInt(300)) + "\"}]}";
        HttpResponse<String> answer = server.post(openAi ? "/v1/chat/completions" : "/v1/messages", body);
        if (answer.statusCode() == 429) {
            return -1;
        }
        if (answer.statusCode() == 200 && stream) {
            return Long.parseLong(
                    GatewayServer.told(answer.body()).path("costNanoUsd").asString());
        }
        return GatewayServer.cost(answer);
    }
}
