package dev.pilothouse.trust.ledger;

/**
 * The key that protects all other keys. {@link KeyFolder} keeps one in a file; a key management service can stand in its
 * place. Thread-safe.
 */
public interface MasterKey {
    /**
     * Encrypts a key.
     *
     * @param purpose what the key is for, bound to the result
     */
    byte[] wrap(byte[] key, String purpose);

    /**
     * Decrypts what {@link #wrap} made for the same purpose.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link LedgerError#WRONG_MASTER_KEY} where another key made it
     */
    byte[] unwrap(byte[] wrapped, String purpose);
}
