package dev.pilothouse.pay.usage;

import dev.pilothouse.kernel.PilothouseException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Waits for an answer and throws what it failed with, not what wraps it. */
final class Waiting {
    private Waiting() {}

    static <T> T on(CompletableFuture<T> answer) {
        try {
            return answer.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof PilothouseException refusal ? refusal : e;
        }
    }
}
