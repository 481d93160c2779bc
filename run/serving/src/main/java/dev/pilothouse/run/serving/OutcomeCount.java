package dev.pilothouse.run.serving;

/**
 * Requests that one variant answered since the counts were last taken.
 *
 * @param tenant owner
 * @param endpoint endpoint name
 * @param release release the split ran under
 * @param version the variant
 * @param shadow whether it answered as a shadow
 * @param control whether it answered as the stable version's control
 * @param minute minutes since the epoch
 * @param requests all requests but those refused for the client's fault (4xx) or pinned to a version by their path
 * @param errors those that failed by the model's or server's fault (not by the client's)
 * @param slow those that took longer than the endpoint's {@code slowAfter}
 * @param labelled those whose true label came back
 * @param wrong labelled ones that were answered wrongly
 * @param dear those that cost far more than usual; 0 where requests have no price
 */
public record OutcomeCount(
        String tenant,
        String endpoint,
        String release,
        String version,
        boolean shadow,
        boolean control,
        long minute,
        long requests,
        long errors,
        long slow,
        long labelled,
        long wrong,
        long dear) {
    /** Of requests that have no price. */
    public OutcomeCount(
            String tenant,
            String endpoint,
            String release,
            String version,
            boolean shadow,
            boolean control,
            long minute,
            long requests,
            long errors,
            long slow,
            long labelled,
            long wrong) {
        this(tenant, endpoint, release, version, shadow, control, minute, requests, errors, slow, labelled, wrong, 0);
    }
}
