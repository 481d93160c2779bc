package dev.pilothouse.server;

import dev.pilothouse.platform.edge.Edge;
import java.security.NoSuchAlgorithmException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLContext;

/**
 * What Java and the libraries make once in a process, made beside the rest of a start. What uses
 * Armeria is made once this is done: where two threads initialise classes of one library that need each other, both may wait
 * forever (Java Language Specification 12.4.2).
 */
final class Preparation {
    private Preparation() {}

    /** Begins, on a thread of its own. */
    static CompletableFuture<?> begin() {
        return CompletableFuture.runAsync(
                Preparation::make, Thread.ofPlatform().daemon().name("preparation")::start);
    }

    private static void make() {
        Edge.loadLibraries();
        try {
            // Reads the certificates of all authorities.
            SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new CompletionException(e);
        }
    }
}
