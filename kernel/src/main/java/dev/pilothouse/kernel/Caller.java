package dev.pilothouse.kernel;

import java.util.List;
import java.util.Set;

/**
 * An authenticated principal and its rights for one call.
 *
 * @param tenant organisation id that owns every row, blob reference and ledger entry the call touches
 * @param principal stable id of the person, service account or agent
 * @param name what people call it, for histories
 * @param kind what sort of principal it is
 * @param roles roles the key grants, and with them those they {@link Role#includes include}
 * @param key id of the key that it called with, never the key; empty where it called with none
 * @param units the department, team and project that the key belongs to, the widest first, each as its kind and the names from
 *     the top, such as {@code department:research} and {@code team:research/nlp}
 */
public record Caller(
        String tenant, String principal, String name, Kind kind, Set<Role> roles, String key, List<String> units) {

    /** Sorts of principals. */
    public enum Kind {
        PERSON,
        SERVICE,
        AGENT,
        /** Pilothouse itself: reconcilers, the sequencer, jobs. */
        SYSTEM
    }

    public Caller {
        roles = Set.copyOf(roles);
        units = List.copyOf(units);
    }

    /** A caller without a key. */
    public Caller(String tenant, String principal, String name, Kind kind, Set<Role> roles) {
        this(tenant, principal, name, kind, roles, "", List.of());
    }

    /** Pilothouse acting by itself in a tenant, under the name of the part that acts, such as {@code rollout}. */
    public static Caller system(String tenant, String part) {
        return new Caller(tenant, "system:" + part, part, Kind.SYSTEM, Set.of(Role.ADMIN));
    }

    /** Whether this caller may do what the role stands for. */
    public boolean has(Role role) {
        return roles.stream().anyMatch(held -> held.includes(role));
    }

    /**
     * Stops a call that lacks the role.
     *
     * @throws PilothouseException {@link CommonError#FORBIDDEN}
     */
    public void require(Role role) {
        if (!has(role)) {
            throw CommonError.FORBIDDEN.because("This needs the role '" + role.label() + "', which this key of '" + name
                    + "' lacks. Ask an admin for" + " a key that has it.");
        }
    }
}
