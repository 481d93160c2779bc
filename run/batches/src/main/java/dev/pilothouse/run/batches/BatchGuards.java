package dev.pilothouse.run.batches;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.run.gateway.Identity;
import dev.pilothouse.run.guards.GuardedCall;
import dev.pilothouse.run.guards.Guards;

/**
 * The guards that count for somebody's batches. Requests are looked at when their file is uploaded, answers when theirs is read, by
 * the guards of that moment.
 *
 * @param by who asks
 */
record BatchGuards(Guards guards, Identity by) {
    /**
     * Refuses an alias that is guarded by what cannot guard batches.
     *
     * @throws PilothouseException FORBIDDEN
     */
    void check(String alias) {
        GuardedCall _ = call(alias, false);
    }

    private GuardedCall call(String alias, boolean counts) {
        return guards.batched(by.tenant(), alias, by.key(), by.agent(), counts);
    }

    /**
     * A request as it goes on.
     *
     * @param again whether it was looked at before, so that the meters know of it
     * @throws PilothouseException where a guard blocks it
     */
    byte[] request(String alias, byte[] body, boolean again) {
        return call(alias, !again).request(body);
    }

    /** As {@link #request}, of an answer. */
    GuardedCall answers(String alias) {
        return call(alias, true);
    }

    /** What is looked for in requests of an alias; differs where something else is. */
    String input(String alias) {
        return guards.batchedInput(by.tenant(), alias, by.key(), by.agent());
    }
}
