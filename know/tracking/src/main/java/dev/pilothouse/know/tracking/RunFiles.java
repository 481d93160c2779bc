package dev.pilothouse.know.tracking;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.platform.store.Tx;
import java.util.Optional;
import java.util.SortedMap;

/** The files of runs, which this package does not keep; the ledger's entry of a run's end names their digest. */
@FunctionalInterface
public interface RunFiles {
    /**
     * Digests by path of all files below a MLflow URI, inside a unit.
     *
     * @return empty where the URI is of a store elsewhere
     */
    Optional<SortedMap<String, Digest>> digests(Tx tx, String tenant, String artifactUri);
}
