package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.Caller;
import java.time.Instant;
import java.util.Optional;

/**
 * A browser that was logged in with a key.
 *
 * @param id what the ledger calls it; the token is known to the browser only
 * @param keyId the key that was traded for it, with which it ends
 * @param caller who is logged in, with the roles that the key grants now
 * @param expiresAt when it ends unless it is used
 * @param keyExpiring when its key stops working, where that is near
 */
public record Session(String id, String keyId, Caller caller, Instant expiresAt, Optional<Instant> keyExpiring) {}
