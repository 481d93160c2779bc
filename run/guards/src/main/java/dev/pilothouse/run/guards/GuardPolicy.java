package dev.pilothouse.run.guards;

import dev.pilothouse.kernel.CommonError;
import java.util.Set;
import java.util.regex.Pattern;

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
 */
public record GuardPolicy(
        String name,
        Set<String> aliases,
        Set<String> keys,
        Set<String> agents,
        Checks input,
        Checks output,
        Limits limits) {
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
        if (input.isEmpty() && output.isEmpty() && limits.requests == 0 && limits.tokens == 0) {
            throw CommonError.INVALID.because(
                    "A guard needs 'input', 'output' or 'limits' with something in it; this one would guard nothing.");
        }
    }

    /** Whether it counts for a call. */
    boolean countsFor(String alias, String key, String agent) {
        return (aliases.isEmpty() || aliases.contains(alias))
                && (keys.isEmpty() || keys.contains(key))
                && (agents.isEmpty() || agents.contains(agent));
    }
}
