package dev.pilothouse.bench.measure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** HTTP load by Debian's {@code wrk} with one thread, the same for us and for peers. */
public final class Wrk {
    private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
    private static final Pattern ANSWERS = Pattern.compile("(\\d+) requests in ");
    private static final Pattern FAILED =
            Pattern.compile("Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)");
    private static final Pattern BAD = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");

    private Wrk() {}

    /**
     * What a run came to; latencies in milliseconds.
     *
     * @param answers how many there were
     * @param bad how many of them were no success, and requests that failed without an answer
     */
    public record Load(double perSecond, double p50, double p99, long answers, long bad) {
        /** Answers a second; not a number where one was no success. */
        public double rate() {
            return bad == 0 ? perSecond : Double.NaN;
        }
    }

    /** Whether it is installed. */
    public static boolean isThere() {
        return List.of(System.getenv("PATH").split(":", -1)).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "wrk")));
    }

    /** Posts the same body over and over. */
    public static Load post(
            Path scratch, String url, String body, Map<String, String> headers, int connections, int seconds)
            throws IOException, InterruptedException {
        var script = new StringBuilder("wrk.method = \"POST\"\nwrk.body = [==[" + body + "]==]\n");
        headers.forEach((name, value) -> script.append("wrk.headers[\"%s\"] = \"%s\"\n".formatted(name, value)));
        return run(scratch, url, script.toString(), connections, seconds);
    }

    /** Runs a script of wrk's own language. */
    public static Load run(Path scratch, String url, String script, int connections, int seconds)
            throws IOException, InterruptedException {
        Path lua = Files.writeString(scratch.resolve("load.lua"), script);
        Process process = new ProcessBuilder(
                        "wrk", "-t1", "-c" + connections, "-d" + seconds + "s", "--latency", "-s", lua.toString(), url)
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("wrk ended with code " + process.exitValue() + ": " + text);
        }
        Matcher bad = BAD.matcher(text);
        long failed = bad.find() ? Long.parseLong(bad.group(1)) : 0;
        Matcher sockets = FAILED.matcher(text);
        if (sockets.find()) {
            for (int i = 1; i <= sockets.groupCount(); i++) {
                failed += Long.parseLong(sockets.group(i));
            }
        }
        return new Load(
                Double.parseDouble(first(RATE, text)),
                percentile(text, "50%"),
                percentile(text, "99%"),
                Long.parseLong(first(ANSWERS, text)),
                failed);
    }

    private static double percentile(String text, String which) {
        Matcher matcher =
                Pattern.compile(Pattern.quote(which) + "\\s+([0-9.]+)(us|ms|s)").matcher(text);
        if (!matcher.find()) {
            return Double.NaN;
        }
        double value = Double.parseDouble(matcher.group(1));
        return switch (matcher.group(2)) {
            case "us" -> value / 1_000;
            case "ms" -> value;
            default -> value * 1_000;
        };
    }

    private static String first(Pattern pattern, String text) throws IOException {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IOException("wrk printed no " + pattern + ": " + text);
        }
        return matcher.group(1);
    }
}
