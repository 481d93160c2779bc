package dev.pilothouse.ship.verdicts;

import dev.pilothouse.platform.store.Tx;
import java.util.List;
import java.util.Optional;

/**
 * What one version of a service answered in one minute, shadows left out.
 *
 * @param service the service
 * @param version version label
 * @param minute minutes since the epoch
 * @param requests requests answered or failed
 * @param errors those that failed by the model's or server's fault
 * @param slow those that were slow
 * @param labelled those whose true label came back
 * @param wrong labelled ones that were answered wrongly
 */
public record Minute(
        String service, String version, long minute, long requests, long errors, long slow, long labelled, long wrong) {

    /** The minutes of a tenant's service, or of all its services, from a minute on, in no order. */
    public static List<Minute> since(Tx tx, String tenant, Optional<String> service, long from) {
        return SqlCounts.minutes(tx, tenant, service, from);
    }
}
