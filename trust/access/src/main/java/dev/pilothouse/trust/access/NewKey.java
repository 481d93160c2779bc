package dev.pilothouse.trust.access;

/**
 * A key that was just made.
 *
 * @param key what is stored about it
 * @param text the key itself; shown this once
 */
public record NewKey(ApiKey key, String text) {
    @Override
    public String toString() {
        return "NewKey[" + key.id() + "]";
    }
}
