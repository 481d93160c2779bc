package dev.pilothouse.platform.edge;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Where the edge listens and what it bears.
 *
 * @param bind address to listen on; {@code 127.0.0.1} serves this machine only, {@code 0.0.0.0} everyone
 * @param port 0 takes a free one
 * @param aliases further ports that answer the same
 * @param tls certificate and key; without it the edge speaks plain HTTP/1.1 and HTTP/2
 * @param requestTimeout longest time from a request's first byte to its answer; streams are exempt once they begin
 * @param idleTimeout how long a connection may stand idle, half a request's header being idle too
 * @param maxConnections connections at one time; more are closed at once
 * @param drainDelay how long health says {@code draining} before the edge stops taking requests
 * @param drainTimeout how long requests in flight may take to finish on shutdown
 * @param eventKeepAlive pause between the comments that keep a stream of events open
 * @param grpcMaxMessage largest gRPC message in bytes
 * @param trustedProxies addresses and networks whose {@code X-Forwarded-For} is believed
 * @param patience what slow clients are granted
 */
public record EdgeConfig(
        String bind,
        int port,
        List<Integer> aliases,
        Optional<Tls> tls,
        Duration requestTimeout,
        Duration idleTimeout,
        int maxConnections,
        Duration drainDelay,
        Duration drainTimeout,
        Duration eventKeepAlive,
        int grpcMaxMessage,
        List<String> trustedProxies,
        Patience patience) {

    /**
     * A certificate.
     *
     * @param certificates PEM file of the chain, the server's own first
     * @param key PEM file of its private key, PKCS#8, not encrypted
     */
    public record Tls(Path certificates, Path key) {}

    /**
     * What slow clients are granted.
     *
     * @param header longest time from a request's first byte to the end of its header
     * @param stall longest time in which a client that is being answered reads nothing, or one that sends a body sends
     *     nothing
     * @param bodyRate bytes a second that a body must bring on average after its first {@link #stall}
     */
    public record Patience(Duration header, Duration stall, int bodyRate) {
        /** What fits clients on slow links, and nobody slower. */
        public static final Patience STANDARD = new Patience(Duration.ofSeconds(20), Duration.ofSeconds(60), 100);
    }

    public EdgeConfig {
        aliases = List.copyOf(aliases);
        trustedProxies = List.copyOf(trustedProxies);
    }

    /** The defaults, on this machine's loopback address and a port of choice. */
    public static EdgeConfig onPort(int port) {
        return new EdgeConfig(
                "127.0.0.1",
                port,
                List.of(),
                Optional.empty(),
                Duration.ofSeconds(120),
                Duration.ofSeconds(60),
                10_000,
                Duration.ZERO,
                Duration.ofSeconds(30),
                Duration.ofSeconds(15),
                64 << 20,
                List.of(),
                Patience.STANDARD);
    }
}
