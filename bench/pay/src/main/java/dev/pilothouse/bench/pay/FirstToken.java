package dev.pilothouse.bench.pay;

import dev.pilothouse.bench.measure.Percentiles;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * How long a stream's first event takes, from a request's first byte on: one request after the other on one connection of
 * HTTP/1.1 (RFC 9112), read byte by byte, so that it costs the same directly and through a gateway.
 */
final class FirstToken {
    private static final String EVENT = "\ndata:";
    private static final String END = "\r\n0\r\n\r\n";

    private FirstToken() {}

    /**
     * Measures.
     *
     * @throws IOException where an answer is no stream
     */
    static Percentiles of(URI url, String body, Map<String, String> headers, int streams) throws IOException {
        byte[] request = request(url, body, headers);
        long[] nanos = new long[streams];
        try (var socket = new Socket(InetAddress.getByName(url.getHost()), url.getPort())) {
            socket.setTcpNoDelay(true);
            OutputStream out = socket.getOutputStream();
            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (int i = 0; i < streams; i++) {
                long before = System.nanoTime();
                out.write(request);
                seek(in, EVENT);
                nanos[i] = System.nanoTime() - before;
                seek(in, END);
            }
        }
        return new Percentiles(nanos);
    }

    private static byte[] request(URI url, String body, Map<String, String> headers) {
        byte[] content = body.getBytes(StandardCharsets.UTF_8);
        var head = new StringBuilder("POST " + url.getRawPath() + " HTTP/1.1\r\nhost: " + url.getAuthority() + "\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        head.append("content-length: ").append(content.length).append("\r\n\r\n");
        return (head + body).getBytes(StandardCharsets.UTF_8);
    }

    /** Reads up to the end of a text, which must not begin anew within itself but at its first letter. */
    private static void seek(InputStream in, String text) throws IOException {
        var seen = new StringBuilder();
        for (int at = 0; at < text.length(); ) {
            int next = in.read();
            if (next < 0 || seen.length() > 1 << 16) {
                throw new IOException("No stream, but: " + seen.substring(0, Math.min(500, seen.length())));
            }
            seen.append((char) next);
            at = next == text.charAt(at) ? at + 1 : next == text.charAt(0) ? 1 : 0;
        }
    }
}
