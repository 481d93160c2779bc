package dev.pilothouse.platform.columns;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Lets only one SELECT over declared signals pass, judged on the tree that DuckDB's own parser makes of the text, so that
 * what is checked is what runs. Whatever is not known to be harmless is refused.
 */
final class StatementCheck {
    private static final Set<String> SOURCES = Set.of(
            "BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "EMPTY_FROM", "PIVOT");
    private static final Set<String> TABLE_FUNCTIONS = Set.of("unnest", "range", "generate_series");
    /** They read or change what is not the tenant's rows, or only burn time. */
    private static final Set<String> FORBIDDEN_FUNCTIONS = Set.of(
            "current_setting",
            "getvariable",
            "getenv",
            "current_query",
            "write_log",
            "nextval",
            "currval",
            "setval",
            "setseed",
            "sleep_ms",
            "json_execute_serialized_sql",
            "query",
            "query_table",
            "in_search_path",
            "current_schemas",
            "current_connection_id",
            "txid_current",
            "json_serialize_plan");

    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private final Collection<String> signals;
    private final Set<String> systemNames;
    private final Set<String> common = new HashSet<>();
    private final Set<String> used = new HashSet<>();

    private StatementCheck(Collection<String> signals, Set<String> systemNames) {
        this.signals = signals;
        this.systemNames = systemNames;
    }

    /**
     * The signals a statement reads.
     *
     * @throws PilothouseException INVALID
     */
    static Set<String> signalsOf(String sql, Connection connection, Collection<String> signals, Set<String> systemNames)
            throws SQLException {
        var check = new StatementCheck(signals, systemNames);
        JsonNode root = parse(sql, connection);
        if (root.path("error").asBoolean(true)) {
            throw CommonError.INVALID.because(explain(sql, root));
        }
        JsonNode statements = root.path("statements");
        if (statements.size() != 1) {
            throw CommonError.INVALID.because(
                    "The text holds " + statements.size() + " statements. Send exactly one SELECT.");
        }
        check.collectCommon(statements);
        check.walk(statements);
        return check.used;
    }

    private static JsonNode parse(String sql, Connection connection) throws SQLException {
        try (PreparedStatement serialize =
                connection.prepareStatement("SELECT json_serialize_sql(?::VARCHAR)::VARCHAR")) {
            serialize.setString(1, sql);
            try (ResultSet row = serialize.executeQuery()) {
                row.next();
                return Json.parse(row.getString(1));
            }
        } catch (PilothouseException tooDeep) {
            throw CommonError.INVALID.because("The statement is nested too deeply. Split it.", tooDeep);
        }
    }

    private static String explain(String sql, JsonNode root) {
        String message = root.path("error_message").asString("it cannot be parsed");
        if (root.path("error_type").asString("").equals("not implemented")) {
            return "Only one SELECT over the signals is allowed here, nothing that changes or describes the store.";
        }
        String hint = Pattern.compile("(?i)(^|[^\".\\w])at\\b").matcher(sql).find()
                ? " The column of a row's time must be written \"at\", in double quotes, or as signal.at."
                : "";
        return "The statement is not valid SQL: " + message + "." + hint;
    }

    private void collectCommon(JsonNode node) {
        if (node.isObject()) {
            for (JsonNode entry : node.path("cte_map").path("map")) {
                String name = entry.path("key").asString("");
                String lower = name.toLowerCase(Locale.ROOT);
                if (!PLAIN_NAME.matcher(name).matches() || systemNames.contains(lower)) {
                    throw CommonError.INVALID.because("'" + name + "' cannot name a WITH query: use letters, digits and"
                            + " underscores, and no name of the database's own tables.");
                }
                common.add(lower);
            }
        }
        for (JsonNode child : node) {
            collectCommon(child);
        }
    }

    private void walk(JsonNode node) {
        if (node.isObject()) {
            if (node.has("alias") && node.has("sample") && !node.has("class")) {
                checkSource(node);
            }
            if (node.has("function_name")) {
                checkFunction(node.path("function_name").asString(""));
            }
        }
        for (JsonNode child : node) {
            walk(child);
        }
    }

    private void checkSource(JsonNode source) {
        String type = source.path("type").asString("");
        if (!SOURCES.contains(type)) {
            throw CommonError.INVALID.because("The statement reads from something that is no signal ("
                    + type.toLowerCase(Locale.ROOT).replace('_', ' ') + "). Read from signals only.");
        }
        if (type.equals("BASE_TABLE")) {
            checkTable(source);
        }
        if (type.equals("TABLE_FUNCTION")) {
            String function =
                    source.path("function").path("function_name").asString("").toLowerCase(Locale.ROOT);
            if (!TABLE_FUNCTIONS.contains(function)) {
                throw CommonError.INVALID.because("The statement reads from " + function
                        + "(), which is not allowed. Read from signals only; of functions, unnest, range and"
                        + " generate_series.");
            }
        }
    }

    private void checkTable(JsonNode table) {
        String name = table.path("table_name").asString("").toLowerCase(Locale.ROOT);
        boolean qualified = !table.path("schema_name").asString("").isEmpty()
                || !table.path("catalog_name").asString("").isEmpty();
        boolean signal = signals.contains(name);
        if (qualified || !(signal || common.contains(name))) {
            throw CommonError.INVALID.because(
                    "There is no signal '" + (qualified ? "…." : "") + name + "'." + Nearest.hint(name, signals));
        }
        if (signal) {
            used.add(name);
        }
    }

    private static void checkFunction(String name) {
        if (FORBIDDEN_FUNCTIONS.contains(name.toLowerCase(Locale.ROOT))) {
            throw CommonError.INVALID.because("The function " + name + "() is not allowed in queries over signals.");
        }
    }
}
