package dev.pilothouse.know.tracking;

/** Names for runs that nobody named, such as {@code steady-heron-417}; the same id always gets the same name. */
final class RunNames {
    private static final String[] MANNERS = {
        "able", "bold", "brisk", "calm", "candid", "clever", "eager", "fair", "gentle", "hardy", "keen", "lively",
        "mellow", "nimble", "patient", "quiet", "ready", "sober", "steady", "sturdy", "swift", "tidy", "upbeat", "wise"
    };
    private static final String[] BIRDS = {
        "auk", "avocet", "bittern", "crane", "curlew", "dunlin", "egret", "fulmar", "gannet", "godwit", "grebe", "gull",
        "heron", "ibis", "kittiwake", "knot", "merlin", "osprey", "petrel", "plover", "puffin", "skua", "tern",
                "whimbrel"
    };

    private RunNames() {}

    static String of(String id) {
        int hash = id.hashCode();
        return MANNERS[Math.floorMod(hash, MANNERS.length)]
                + "-" + BIRDS[Math.floorMod(hash / MANNERS.length, BIRDS.length)]
                + "-" + Math.floorMod(hash / (MANNERS.length * BIRDS.length), 1000);
    }
}
