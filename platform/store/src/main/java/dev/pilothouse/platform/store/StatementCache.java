package dev.pilothouse.platform.store;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import org.jdbi.v3.core.statement.DefaultStatementBuilder;
import org.jdbi.v3.core.statement.StatementBuilder;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Keeps one connection's prepared statements by their text, least recently used first out. JDBI alone would compile each
 * statement anew, which costs more than to run it. A statement in use is out of the cache, so the same text can be used
 * twice at once. Used by the connection's thread only.
 */
final class StatementCache implements StatementBuilder {
    private static final int KEPT = 512;

    private final StatementBuilder plain = new DefaultStatementBuilder();
    private final LinkedHashMap<String, PreparedStatement> idle = new LinkedHashMap<>(64, 0.75f, true);
    private final IdentityHashMap<Statement, String> lent = new IdentityHashMap<>();

    @Override
    public Statement create(Connection connection, StatementContext ctx) throws SQLException {
        return plain.create(connection, ctx);
    }

    @Override
    public PreparedStatement create(Connection connection, String sql, StatementContext ctx) throws SQLException {
        if (ctx.isReturningGeneratedKeys() || ctx.isConcurrentUpdatable()) {
            return plain.create(connection, sql, ctx);
        }
        PreparedStatement statement = idle.remove(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
        }
        lent.put(statement, sql);
        return statement;
    }

    @Override
    public CallableStatement createCall(Connection connection, String sql, StatementContext ctx) throws SQLException {
        return plain.createCall(connection, sql, ctx);
    }

    @Override
    public void close(Connection connection, String sql, Statement statement) throws SQLException {
        String text = lent.remove(statement);
        if (text == null || !(statement instanceof PreparedStatement prepared)) {
            statement.close();
            return;
        }
        prepared.clearBatch();
        PreparedStatement twin = idle.put(text, prepared);
        if (twin != null) {
            twin.close();
        }
        if (idle.size() > KEPT) {
            var eldest = idle.pollFirstEntry();
            if (eldest != null) {
                eldest.getValue().close();
            }
        }
    }

    /** Closes what a unit left open, such as a half-read stream, since it would hold the snapshot. */
    void reclaim() throws SQLException {
        if (lent.isEmpty()) {
            return;
        }
        for (Statement statement : new ArrayList<>(lent.keySet())) {
            statement.close();
        }
        lent.clear();
    }
}
