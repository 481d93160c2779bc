package dev.pilothouse.kernel;

import java.util.Locale;

/**
 * What a principal may do in its tenant: it holds a set of roles, and a route names the one it asks for. Some roles include
 * others ({@link #includes}), so that one role is enough for one job.
 */
public enum Role {
    /** Reads everything in the tenant but secrets. */
    VIEWER,
    /** Calls inference endpoints and sends feedback; nothing else. */
    INVOKER,
    /** Logs runs, registers models and data, applies services, starts and stops releases. */
    ENGINEER,
    /** Decides approvals that ask for this role; never its own requests. */
    APPROVER,
    /** Reads and exports the ledger, payloads included. */
    AUDITOR,
    /** Sets and removes secrets; like everybody else it reads none. */
    KEEPER,
    /** Manages people, keys and tenants, and holds every other role. */
    ADMIN;

    /**
     * Whether holding this role is enough where the other is asked for: {@link #ADMIN} includes all, {@link #ENGINEER}
     * includes {@link #VIEWER} and {@link #INVOKER}; {@link #APPROVER}, {@link #AUDITOR} and {@link #KEEPER} include
     * {@link #VIEWER}.
     */
    public boolean includes(Role other) {
        return this == other
                || switch (this) {
                    case ADMIN -> true;
                    case ENGINEER -> other == VIEWER || other == INVOKER;
                    case APPROVER, AUDITOR, KEEPER -> other == VIEWER;
                    case VIEWER, INVOKER -> false;
                };
    }

    /** The name in requests, answers and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads a {@link #label()}.
     *
     * @throws PilothouseException {@link CommonError#INVALID} that names the nearest role
     */
    public static Role parse(String label) {
        for (Role role : values()) {
            if (role.label().equals(label)) {
                return role;
            }
        }
        throw CommonError.INVALID.because("There is no role '" + label + "'."
                + Nearest.hint(
                        label,
                        java.util.Arrays.stream(values()).map(Role::label).toList()));
    }
}
