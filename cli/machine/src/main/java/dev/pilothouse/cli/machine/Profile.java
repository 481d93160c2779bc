package dev.pilothouse.cli.machine;

/**
 * A server and the key to use there.
 *
 * @param server base address
 * @param key API key
 */
public record Profile(String server, String key) {
    /** Without the key. */
    @Override
    public String toString() {
        return "Profile[server=" + server + "]";
    }
}
