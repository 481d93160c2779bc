package dev.pilothouse.pay.usage;

import dev.pilothouse.platform.segments.Position;
import java.util.List;
import java.util.Set;

/** Where records of usage are kept for good. All methods block. */
public interface UsageSink {
    /**
     * Keeps records of one tenant, all or none; they survive kill -9 when this returns.
     *
     * @throws dev.pilothouse.kernel.PilothouseException where they cannot be kept now
     */
    void append(String tenant, List<UsageRecord> records);

    /** Makes all that was kept survive power loss. */
    void sync();

    /** Which of a log's records of one tenant, from one place up to before another, are kept already. */
    Set<Position> kept(String tenant, String log, Position from, Position to);
}
