package dev.pilothouse.run.providers;

import dev.pilothouse.kernel.CommonError;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * How a provider is asked whether it answers: by GET, which no provider charges for. Immutable.
 *
 * @param path at the provider's own address, from its root: scheme, host and port are always those of its {@code url}
 * @param every time between two of them, {@link #OFTEN} to {@link #SELDOM}
 * @param timeout longest wait for an answer, 1 second to 30, and not beyond {@code every}
 */
public record Probe(String path, Duration every, Duration timeout) {
    /** The shortest time between two of them. */
    public static final Duration OFTEN = Duration.ofSeconds(5);

    /** The longest time between two of them. */
    public static final Duration SELDOM = Duration.ofHours(1);

    /** Time between two of them where nothing is said. */
    public static final Duration USUAL_EVERY = Duration.ofSeconds(10);

    /** Longest wait where nothing is said. */
    public static final Duration USUAL_TIMEOUT = Duration.ofSeconds(2);

    /** The longest wait. */
    public static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(30);

    /** One slash at its begin, so that it cannot name another host, and none of what leads elsewhere. */
    private static final Pattern PATH = Pattern.compile("/(?!/)[A-Za-z0-9._~/=&?%-]{0,199}");

    public Probe {
        if (!PATH.matcher(path).matches() || path.contains("..")) {
            throw CommonError.INVALID.because("A probe's 'path' begins with one / and has up to 200 letters, digits and"
                    + " . _ ~ / = & ? % -, such as /health or /v1/models, unlike '" + path + "'.");
        }
        if (every.compareTo(OFTEN) < 0 || every.compareTo(SELDOM) > 0) {
            throw CommonError.INVALID.because("A probe is made every 5 to 3600 seconds.");
        }
        if (timeout.compareTo(Duration.ofSeconds(1)) < 0
                || timeout.compareTo(LONGEST_TIMEOUT) > 0
                || timeout.compareTo(every) > 0) {
            throw CommonError.INVALID.because(
                    "A probe waits for 1 to 30 seconds, and no longer than until the next one.");
        }
    }
}
