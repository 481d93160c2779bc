package dev.pilothouse.ship.routing;

import dev.pilothouse.run.providers.ModelRoute;
import dev.pilothouse.run.splits.Side;
import dev.pilothouse.run.splits.Wait;
import java.time.Duration;
import java.util.Random;

/** Calls of the alias {@code chat} as a gateway would tell of them, without any being made; the same for the same seed. */
final class Traffic {
    private final long seed;
    private final Random random;
    private long calls;

    /** What one side is like. */
    record Manner(double errors, double slow, long costNanoUsd, double wrong) {
        static final Manner GOOD = new Manner(0.01, 0.05, 1_000, 0.05);
    }

    Traffic(long seed) {
        this.seed = seed;
        random = new Random(seed);
    }

    /** Makes so many calls at a server, and then a round. */
    void round(RoutingServer server, int many, Manner stable, Manner candidate) {
        ModelRoute route = server.gateway.routes(RoutingServer.TENANT).getFirst();
        for (int i = 0; i < many; i++) {
            String id = "call-" + seed + "-" + calls++;
            Side side = server.gateway.splits().side(RoutingServer.TENANT, route, "", id);
            Manner manner = side.isCandidate() ? candidate : stable;
            if (random.nextDouble() < manner.errors) {
                side.failed();
                side.unanswered();
            } else {
                long millis = random.nextDouble() < manner.slow ? 500 : 90 + random.nextInt(20);
                long cost = manner.costNanoUsd * (90 + random.nextInt(20)) / 100;
                side.answered(true, Wait.ANSWER, Duration.ofMillis(millis), cost);
            }
            server.routing.outcome(RoutingServer.TENANT, id, random.nextDouble() >= manner.wrong);
        }
        server.routing.round();
    }
}
