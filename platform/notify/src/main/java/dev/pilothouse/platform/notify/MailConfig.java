package dev.pilothouse.platform.notify;

import java.nio.file.Path;
import java.util.Optional;

/**
 * The server that takes mail.
 *
 * @param host its name
 * @param port 587 for STARTTLS, 465 for TLS
 * @param security how the connection is protected
 * @param user name to log in with; empty for none
 * @param password what belongs to it
 * @param from sender of all messages
 * @param certificates PEM file of certificates to trust in the place of the platform's
 */
public record MailConfig(
        String host,
        int port,
        Security security,
        String user,
        String password,
        String from,
        Optional<Path> certificates) {
    /** Ways to protect the connection. */
    public enum Security {
        /** Begins in the clear and must turn to TLS before anything is said. */
        STARTTLS,
        /** TLS from the first byte. */
        TLS,
        /** In the clear: for a relay on this machine. */
        NONE
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "MailConfig[" + security + " " + user + "@" + host + ":" + port + " from " + from + "]";
    }
}
