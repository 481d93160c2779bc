package dev.pilothouse.run.gateway;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.pay.budgets.Scope;
import dev.pilothouse.pay.usage.Who;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * On whose account a call goes: who holds the key, and what the client says of agent, session, end user and tags.
 *
 * @param tenant organisation
 * @param principal id of who holds the key
 * @param key id of the key
 * @param agent name of the agent, or empty
 * @param session name of the session, or empty
 * @param user the client's own user, or empty
 * @param units the department, team and project of its key, as {@link Caller#units} has them
 * @param tags features and the like that the call is counted under
 */
public record Identity(
        String tenant,
        String principal,
        String key,
        List<String> units,
        String agent,
        String session,
        String user,
        List<String> tags) {
    private static final String AGENT = "x-pilothouse-agent";
    private static final String SESSION = "x-pilothouse-session";
    private static final String TAGS = "x-pilothouse-tags";
    private static final int LONGEST = 200;
    private static final int MOST_TAGS = 10;

    /**
     * Reads what the request says of itself. An agent's key always acts as that agent.
     *
     * @param header the value of a header by its lower-case name, or empty
     * @param user from the body, or empty
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where a header is too long
     */
    public static Identity of(Caller caller, UnaryOperator<String> header, String user) {
        List<String> tags = tags(header.apply(TAGS));
        String agent = caller.kind() == Caller.Kind.AGENT
                ? caller.name()
                : checked(AGENT, header.apply(AGENT).strip());
        return new Identity(
                caller.tenant(),
                caller.principal(),
                caller.key(),
                caller.units(),
                agent,
                checked(SESSION, header.apply(SESSION).strip()),
                user.strip(),
                tags);
    }

    private static List<String> tags(String header) {
        if (header.isEmpty()) {
            return List.of();
        }
        var tags = new LinkedHashSet<String>();
        for (String part : header.split(",", -1)) {
            String tag = part.strip();
            if (!tag.isEmpty()) {
                tags.add(checked(TAGS, tag));
            }
        }
        if (tags.size() > MOST_TAGS) {
            throw CommonError.INVALID.because(
                    "The header '" + TAGS + "' names " + tags.size() + " tags; at most " + MOST_TAGS + " count.");
        }
        return List.copyOf(tags);
    }

    private static String checked(String header, String value) {
        if (value.length() > LONGEST) {
            throw CommonError.INVALID.because(
                    "A value of the header '" + header + "' is longer than " + LONGEST + " characters.");
        }
        return value;
    }

    /** As usage records have it. */
    public Who who() {
        return new Who(tenant, key, principal, agent, session, project(), user, tags);
    }

    /** The path of the narrowest unit that the key belongs to, such as {@code research/nlp}; empty for none. */
    String project() {
        return units.isEmpty() ? "" : Scope.parse(units.getLast()).value();
    }

    /** The same with a tag more, in the place of the last where it has as many as count. */
    Identity tagged(String tag) {
        List<String> more = Stream.concat(tags.stream().limit(MOST_TAGS - 1L), Stream.of(tag))
                .distinct()
                .toList();
        return new Identity(tenant, principal, key, units, agent, session, user, more);
    }

    /** Whose budgets count the call. */
    public Set<Scope> scopes() {
        var scopes = new LinkedHashSet<Scope>();
        scopes.add(new Scope(Scope.Kind.ORGANISATION, tenant));
        units.forEach(unit -> scopes.add(Scope.parse(unit)));
        add(scopes, Scope.Kind.KEY, key);
        add(scopes, Scope.Kind.AGENT, agent);
        add(scopes, Scope.Kind.SESSION, session);
        add(scopes, Scope.Kind.USER, user);
        tags.forEach(tag -> add(scopes, Scope.Kind.TAG, tag));
        return scopes;
    }

    private static void add(Set<Scope> scopes, Scope.Kind kind, String value) {
        if (!value.isBlank()) {
            scopes.add(new Scope(kind, value));
        }
    }
}
