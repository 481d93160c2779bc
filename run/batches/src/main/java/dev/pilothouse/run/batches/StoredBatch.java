package dev.pilothouse.run.batches;

/**
 * A batch as it stands.
 *
 * @param id ours, which names its reservation and its records of usage
 * @param providerId the provider's, by which clients know it; empty until the provider is known to have it
 * @param inputFile id of the file of its requests
 * @param outputFile id of what was answered; empty for none, or not yet
 * @param errorFile id of what was not
 * @param document as the provider last told of it and clients see it, JSON
 * @param account who pays, {@link Account} as JSON
 * @param prices under which name the price table knows the provider
 * @param priceVersion the table by which it is held and charged
 * @param ceiling nano-USD that are held
 * @param cost nano-USD that it cost, from {@link Stage#SETTLED} on
 * @param bounded whether nobody could tell what it used, so that it was charged its ceiling
 * @param recorder the server that keeps its records of usage, from {@link Stage#SETTLED} on
 * @param createdAt milliseconds since 1970
 * @param nextLook when the provider is asked next, milliseconds since 1970
 */
record StoredBatch(
        String id,
        String tenant,
        String provider,
        String providerId,
        String inputFile,
        String outputFile,
        String errorFile,
        String document,
        String account,
        String prices,
        String priceVersion,
        Stage stage,
        long ceiling,
        long cost,
        boolean bounded,
        String recorder,
        long createdAt,
        long nextLook) {
    /** How far it has come. */
    enum Stage {
        /** Its ceiling is held; the provider may have it. */
        HELD,
        /** The provider has it. */
        BEGUN,
        /** It has ended and is charged. */
        SETTLED,
        /** Each of its answers is a record of usage. */
        RECORDED;

        boolean isCharged() {
            return this == SETTLED || this == RECORDED;
        }
    }
}
