package dev.pilothouse.know.mlflow;

/** Names for runs and models that nobody named; the same id always gets the same name. */
public final class GivenNames {
    private static final String[] MANNERS = {
        "able", "bold", "brisk", "calm", "candid", "clever", "eager", "fair", "gentle", "hardy", "keen", "lively",
        "mellow", "nimble", "patient", "quiet", "ready", "sober", "steady", "sturdy", "swift", "tidy", "upbeat", "wise"
    };
    private static final String[] BIRDS = {
        "auk", "avocet", "bittern", "crane", "curlew", "dunlin", "egret", "fulmar", "gannet", "godwit", "grebe", "gull",
        "heron", "ibis", "kittiwake", "knot", "merlin", "osprey", "petrel", "plover", "puffin", "skua", "tern",
                "whimbrel"
    };

    private GivenNames() {}

    /** A name such as {@code steady-heron-417}. */
    public static String of(String id) {
        int hash = id.hashCode();
        return MANNERS[Math.floorMod(hash, MANNERS.length)]
                + "-" + BIRDS[Math.floorMod(hash / MANNERS.length, BIRDS.length)]
                + "-" + Math.floorMod(hash / (MANNERS.length * BIRDS.length), 1000);
    }
}
