package dev.pilothouse.bench.pay;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One call of a mixed load, all of it decided by a seed and its number: JSON or a stream, of a cheap or a dear model, with one
 * or two choices, some left by the client before the end. Immutable.
 *
 * @param id the request's id, which gateway and provider keep
 * @param scopes whom it is counted for, as budgets name them
 * @param most what it can cost at most, in nano-USD, bounded from above
 * @param leaveAfter milliseconds after which the client leaves; 0 where it stays
 */
record MixedCall(String id, String head, String body, List<String> scopes, long most, int leaveAfter) {
    MixedCall {
        scopes = List.copyOf(scopes);
    }

    static final int AGENTS = 5;
    static final int SESSIONS = 10;
    static final int USERS = 20;
    static final int TAGS = 2;
    private static final int LONGEST_STAY = 60;
    private static final double ABORTS = 0.3;
    private static final int MOST_OUTPUT = 80;
    /** Tokens that the gateway adds to a request's bytes as overheads of a compatible provider, and some more. */
    private static final int OVERHEADS = 100;

    private static final int TIMEOUT = (int) TimeUnit.SECONDS.toMillis(60);
    private static final Pattern COST_HEADER = Pattern.compile("\r\nx-pilothouse-cost-nano-usd: *(\\d+)");
    private static final Pattern COST_COMMENT = Pattern.compile(": pilothouse \\{\"costNanoUsd\":\"(\\d+)\"");

    /** How a call went for its client. */
    enum Fate {
        ENDED,
        REFUSED,
        /** Answered with an error that is no refusal of a budget. */
        FAILED,
        /** The connection broke, as when its server is killed. */
        LOST,
        /** The client left. */
        LEFT
    }

    /**
     * What a client knows of its call.
     *
     * @param told nano-USD that the answer told; -1 where it told nothing
     * @param from microseconds of the epoch when it was begun
     * @param to the same of its end
     */
    record Seen(MixedCall call, Fate fate, long told, long from, long to) {}

    static MixedCall of(long seed, int number, List<GatewaySetup.AppKey> keys) {
        var random = new SplittableRandom(seed * 1_000_003 + number);
        GatewaySetup.AppKey key = keys.get(random.nextInt(keys.size()));
        boolean dear = random.nextInt(4) == 0;
        boolean stream = random.nextBoolean();
        int choices = random.nextInt(5) == 0 ? 2 : 1;
        int limit = 1 + random.nextInt(MOST_OUTPUT);
        String agent = "a" + random.nextInt(AGENTS);
        String session = "s" + seed + "." + random.nextInt(SESSIONS);
        String user = "u" + random.nextInt(USERS);
        String tag = "t" + random.nextInt(TAGS);
        String body =
                "{\"model\":\"%s\",\"stream\":%s,\"n\":%d,\"max_tokens\":%d,\"user\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
                        .formatted(
                                dear ? Simulator.LARGE : Simulator.MINI,
                                stream,
                                choices,
                                limit,
                                user,
                                "x".repeat(random.nextInt(300)));
        String id = "bench-" + seed + "-" + number;
        String head = String.join(
                        "\r\n",
                        "POST /v1/chat/completions HTTP/1.1",
                        "host: gateway",
                        "connection: close",
                        "content-type: application/json",
                        "authorization: Bearer " + key.secret(),
                        "x-request-id: " + id,
                        "x-pilothouse-agent: " + agent,
                        "x-pilothouse-session: " + session,
                        "x-pilothouse-tags: " + tag,
                        "content-length: " + body.length())
                + "\r\n\r\n";
        // Nano-USD for a thousand tokens, so that a product of whole numbers is exact.
        long rate = dear ? 30_000 : 3_000;
        long most = Math.ceilDiv(rate * (body.length() + OVERHEADS) + 4 * rate * limit * choices, 1_000);
        List<String> scopes = new ArrayList<>(key.scopes());
        for (String scope :
                List.of("organisation:default", "agent:" + agent, "session:" + session, "user:" + user, "tag:" + tag)) {
            // A few, that a million calls may name.
            scopes.add(scope.intern());
        }
        int leaveAfter = random.nextDouble() < ABORTS ? 1 + random.nextInt(LONGEST_STAY) : 0;
        return new MixedCall(id, head, body, scopes, most, leaveAfter);
    }

    /**
     * Calls a server.
     *
     * @throws java.net.ConnectException where it does not listen, so that nothing was sent
     */
    Seen ask(String address) throws IOException {
        URI server = URI.create(address);
        try (var socket = new Socket()) {
            connect(socket, server);
            long from = now();
            try {
                socket.setTcpNoDelay(true);
                socket.getOutputStream().write((head + body).getBytes(StandardCharsets.UTF_8));
                return seen(answer(socket, System.nanoTime()), from);
            } catch (SocketTimeoutException _) {
                return new Seen(remembered(), leaveAfter > 0 ? Fate.LEFT : Fate.LOST, -1, from, now());
            } catch (IOException _) {
                return new Seen(remembered(), Fate.LOST, -1, from, now());
            }
        }
    }

    private static void connect(Socket socket, URI server) throws IOException {
        try {
            socket.connect(new InetSocketAddress(server.getHost(), server.getPort()), TIMEOUT);
        } catch (SocketException e) {
            // Where a server is killed meanwhile, the connection is reset and not refused.
            var isNotThere = new ConnectException(e.getMessage());
            isNotThere.initCause(e);
            throw isNotThere;
        }
    }

    /** Without what was sent. */
    private MixedCall remembered() {
        return new MixedCall(id, "", "", scopes, most, leaveAfter);
    }

    /** All that comes until the server ends the connection; a client that leaves waits no longer than it stays. */
    private String answer(Socket socket, long begun) throws IOException {
        var all = new ByteArrayOutputStream();
        byte[] part = new byte[8 << 10];
        InputStream in = socket.getInputStream();
        while (true) {
            int left = leaveAfter == 0
                    ? TIMEOUT
                    : (int) (leaveAfter - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
            if (left <= 0) {
                throw new SocketTimeoutException("the client leaves");
            }
            socket.setSoTimeout(left);
            int read = in.read(part);
            if (read < 0) {
                return all.toString(StandardCharsets.UTF_8);
            }
            all.write(part, 0, read);
        }
    }

    private Seen seen(String answer, long from) {
        boolean stream = answer.contains("text/event-stream");
        Matcher cost = (stream ? COST_COMMENT : COST_HEADER).matcher(answer);
        long told = cost.find() ? Long.parseLong(cost.group(1)) : -1;
        Fate fate;
        if (answer.startsWith("HTTP/1.1 200 ")) {
            fate = told >= 0 && (!stream || answer.contains("data: [DONE]")) ? Fate.ENDED : Fate.LOST;
        } else if (answer.startsWith("HTTP/1.1 429 ")) {
            fate = Fate.REFUSED;
        } else {
            fate = answer.startsWith("HTTP/1.1 ") ? Fate.FAILED : Fate.LOST;
        }
        return new Seen(remembered(), fate, told, from, now());
    }

    private static long now() {
        return TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis());
    }
}
