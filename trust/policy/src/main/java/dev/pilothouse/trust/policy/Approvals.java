package dev.pilothouse.trust.policy;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.store.Tx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Front door of approvals. Thread-safe. */
public final class Approvals {
    /** Asks for a decision, in the transaction of the state that waits for it; the same subject and digest asked again answers the approval that is there. */
    public Approval request(Tx tx, Caller by, String subject, Digest digest, Role role, String reason, Duration lapsesAfter) {
        throw new IllegalStateException("under construction");
    }

    /**
     * Decides.
     *
     * @throws dev.pilothouse.kernel.PilothouseException FORBIDDEN to the requester, to callers without the role and to
     *     those who are not persons; CONFLICT where it is decided or expired; NOT_FOUND in another tenant
     */
    public Approval decide(Caller by, String id, boolean approve, Optional<String> comment) {
        throw new IllegalStateException("under construction");
    }

    /** One approval of the tenant, expired by now if its time has passed. */
    public Optional<Approval> find(String tenant, String id) {
        throw new IllegalStateException("under construction");
    }

    /** The tenant's approvals, newest first; only pending ones where asked. */
    public List<Approval> list(String tenant, boolean pendingOnly, int limit) {
        throw new IllegalStateException("under construction");
    }
}
