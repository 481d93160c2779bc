package dev.pilothouse.platform.http;

import dev.pilothouse.kernel.Role;

/** Who may call a route. */
public sealed interface Access {
    /** Anyone, without a key: health, the login form, published schemas. */
    record Open() implements Access {}

    /** Any authenticated caller. */
    record AnyCaller() implements Access {}

    /** Callers that hold the role (or {@link Role#ADMIN}). */
    record Holder(Role role) implements Access {}

    /** {@link Open}. */
    static Access open() {
        return new Open();
    }

    /** {@link AnyCaller}. */
    static Access caller() {
        return new AnyCaller();
    }

    /** {@link Holder}. */
    static Access role(Role role) {
        return new Holder(role);
    }
}
