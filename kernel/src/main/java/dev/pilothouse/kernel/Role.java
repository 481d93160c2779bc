package dev.pilothouse.kernel;

import java.util.Locale;

/**
 * What a principal may do in its tenant. Roles are flat: a principal holds a set of them, and a route names the one it
 * asks for. {@link #ADMIN} holds every other.
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
    /** Manages people, keys and tenants, and holds every other role. */
    ADMIN;

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
        throw CommonError.INVALID.because(
                "There is no role '" + label + "'."
                        + Nearest.hint(label, java.util.Arrays.stream(values()).map(Role::label).toList()));
    }
}
