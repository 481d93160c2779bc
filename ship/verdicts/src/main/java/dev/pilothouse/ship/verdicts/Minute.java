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
        String service,
        String version,
        long minute,
        long requests,
        long errors,
        long slow,
        long labelled,
        long wrong) {

    /** The minutes of a tenant's service, or of all its services, from a minute on, in no order. */
    public static List<Minute> since(Tx tx, String tenant, Optional<String> service, long from) {
        return tx.sql()
                .createQuery("""
                        SELECT service, version, minute, SUM(requests) AS requests, SUM(errors) AS errors,
                            SUM(slow) AS slow, SUM(labelled) AS labelled, SUM(wrong) AS wrong
                        FROM verdicts_count
                        WHERE minute >= ? AND tenant = ? AND shadow = 0 AND (? = '' OR service = ?)
                        GROUP BY service, version, minute""")
                .bind(0, from)
                .bind(1, tenant)
                .bind(2, service.orElse(""))
                .bind(3, service.orElse(""))
                .map((rows, _) -> new Minute(
                        rows.getString("service"),
                        rows.getString("version"),
                        rows.getLong("minute"),
                        rows.getLong("requests"),
                        rows.getLong("errors"),
                        rows.getLong("slow"),
                        rows.getLong("labelled"),
                        rows.getLong("wrong")))
                .list();
    }
}
