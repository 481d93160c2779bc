package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.CommonError;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A guard as it is declared. Immutable.
 *
 * @param name 1 to 64 letters, digits and {@code . _ -}
 * @param aliases the aliases it counts for; empty means all
 * @param keys ids of the keys it counts for; empty means all
 * @param agents the agents it counts for; empty means all calls
 * @param input what is looked for in requests
 * @param output what is looked for in answers
 * @param limits how much may pass
 * @param webhook a guard that somebody else runs, which is asked, too; null for none
 */
public record GuardPolicy(
        String name,
        Set<String> aliases,
        Set<String> keys,
        Set<String> agents,
        Checks input,
        Checks output,
        Limits limits,
        @Nullable Webhook webhook) {
    /** Whose calls are counted together. */
    public enum Per {
        KEY,
        AGENT,
        ALIAS
    }

    /**
     * Limits of this server; each replica has its own.
     *
     * @param requests requests a minute, 0 where nothing limits them
     * @param tokens tokens a minute, in and out together, 0 where nothing limits them
     * @param per whose calls are counted together
     */
    public record Limits(long requests, long tokens, Per per) {
        /** Nothing is limited. */
        public static final Limits NONE = new Limits(0, 0, Per.KEY);

        /** The largest limit. */
        static final long MOST = 1_000_000_000;

        public Limits {
            if (requests < 0 || requests > MOST || tokens < 0 || tokens > MOST) {
                throw CommonError.INVALID.because("A limit is from 1 to " + MOST + " a minute.");
            }
        }
    }

    /**
     * A guard that somebody else runs, and that is asked over HTTP. Immutable.
     *
     * @param url where it is: {@code https}, or {@code http} on hosts that the server's configuration allows
     * @param requests whether it is asked about requests
     * @param answers whether it is asked about answers
     * @param timeout how long it may take, from 10 ms to 30 s
     * @param open whether a call goes on where it does not answer as it should, or else is refused
     * @param secret name of the secret that questions are signed with; empty where they are not
     * @param window characters of a stream after which it is asked before they go on, {@value #LEAST_WINDOW} to {@value #MOST_WINDOW};
     *     0 where it is asked once the stream is whole
     */
    public record Webhook(
            URI url, boolean requests, boolean answers, Duration timeout, boolean open, String secret, int window) {
        /** How long one may take unless it is said. */
        static final Duration USUAL_TIMEOUT = Duration.ofSeconds(1);

        private static final int LEAST_WINDOW = 50;
        private static final int MOST_WINDOW = 20_000;
        private static final Duration SHORTEST = Duration.ofMillis(10);
        private static final Duration LONGEST = Duration.ofSeconds(30);

        public Webhook {
            if (timeout.compareTo(SHORTEST) < 0 || timeout.compareTo(LONGEST) > 0) {
                throw CommonError.INVALID.because("A webhook's 'timeoutMillis' is from " + SHORTEST.toMillis() + " to "
                        + LONGEST.toMillis() + ", not " + timeout.toMillis() + ".");
            }
            if (!requests && !answers) {
                throw CommonError.INVALID.because("A webhook's 'when' is 'request', 'answer' or 'both'.");
            }
            if (window != 0 && (!answers || window < LEAST_WINDOW || window > MOST_WINDOW)) {
                throw CommonError.INVALID.because("A webhook's 'windowCharacters' is from " + LEAST_WINDOW + " to "
                        + MOST_WINDOW + ", and 'when' is 'answer' or 'both' then.");
            }
        }
    }

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final int MOST_NAMES = 1_000;

    public GuardPolicy {
        aliases = Set.copyOf(aliases);
        keys = Set.copyOf(keys);
        agents = Set.copyOf(agents);
        if (!NAME.matcher(name).matches()) {
            throw CommonError.INVALID.because(
                    "A guard's name has 1 to 64 letters, digits and . _ - and begins with a letter or digit, unlike '"
                            + name + "'.");
        }
        if (aliases.size() > MOST_NAMES || keys.size() > MOST_NAMES || agents.size() > MOST_NAMES) {
            throw CommonError.INVALID.because("A guard names at most " + MOST_NAMES
                    + " aliases, keys or agents; leave them out to count for all.");
        }
        if (input.isEmpty() && output.isEmpty() && limits.requests == 0 && limits.tokens == 0 && webhook == null) {
            throw CommonError.INVALID.because("A guard needs 'input', 'output', 'limits' or 'webhook' with something in"
                    + " it; this one would guard nothing.");
        }
    }

    /** Whether it counts for a call. */
    public boolean countsFor(String alias, String key, String agent) {
        return (aliases.isEmpty() || aliases.contains(alias))
                && (keys.isEmpty() || keys.contains(key))
                && (agents.isEmpty() || agents.contains(agent));
    }

    /** What it does that needs each call as it is made, in words; empty where it can guard batches, too. */
    String whyNotInBatches() {
        if (webhook != null) {
            return "asks a webhook about each call";
        }
        if (limits.requests > 0 || limits.tokens > 0) {
            return "limits what is asked in a minute";
        }
        return input.restore() ? "gives answers the values back that it replaced in their requests" : "";
    }
}
