package dev.pilothouse.platform.edge.connection;

import com.linecorp.armeria.common.FlagsProvider;

/** What is set of Armeria for the whole process; it finds this by itself. */
public final class ArmeriaFlags implements FlagsProvider {
    /** For Armeria. */
    public ArmeriaFlags() {}

    /** Above Armeria's own. */
    @Override
    public int priority() {
        return 1;
    }

    /** Milliseconds: none, since who reads until the end would wait for it; {@link StagedClose} leaves the client the time. */
    @Override
    public Long defaultHttp1ConnectionCloseDelayMillis() {
        return 0L;
    }
}
