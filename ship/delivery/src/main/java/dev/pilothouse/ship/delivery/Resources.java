package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.platform.store.Tx;
import dev.pilothouse.ship.spec.Resource;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Who keeps what files declare beside services. Implementations are thread-safe. */
public interface Resources {
    /** What is declared of it now, as {@link #wished} would have it; empty where nothing is. */
    Optional<ObjectNode> stored(Tx tx, String tenant, Resource resource);

    /** What the file declares, every default written out; nothing in it is secret. */
    ObjectNode wished(String tenant, Resource resource);

    /**
     * Stores what the file declares, with its ledger entry, where it differs from what is stored.
     *
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN without the role that its HTTP API asks for; INVALID where it
     *     does not fit what else is declared
     */
    void apply(Tx tx, Caller by, Resource resource);

    /**
     * Names of what is declared of a kind, by whomever.
     *
     * @param kind one of {@link Resource#KINDS}
     */
    List<String> names(Tx tx, String tenant, String kind);

    /**
     * Removes what is declared, with its ledger entry.
     *
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN without the role that its HTTP API asks for; CONFLICT where what
     *     stays needs it
     */
    void remove(Tx tx, Caller by, String kind, String name);

    /** Called once what was applied is committed. */
    void applied();
}
