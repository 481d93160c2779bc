package dev.pilothouse.server;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.platform.store.Migrations;
import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import tools.jackson.databind.node.ArrayNode;

/** Looks at the database without opening it as a server does: no lock, no migration, read-only. */
final class SqlInspection {
    private static final String OK = "ok";
    private static final String ATTENTION = "attention";
    private static final String FAILING = "failing";
    private static final String RESTORE = "Restore a backup into a new folder: pilot restore FILE --data-dir NEW";

    private final StoreConfig config;
    private final List<Migrations> modules;

    SqlInspection(StoreConfig config, List<Migrations> modules) {
        this.config = config;
        this.modules = Stores.all(modules);
    }

    static void add(ArrayNode checks, String name, String state, String what, String mend) {
        checks.add(Json.object()
                .put("name", name)
                .put("state", state)
                .put("what", what)
                .put("mend", mend));
    }

    void run(ArrayNode checks) {
        try {
            if (config.isPostgres()) {
                postgres(checks);
            } else {
                sqlite(checks, config.folder().resolve("state.db"));
            }
        } catch (SQLException e) {
            add(
                    checks,
                    "store",
                    FAILING,
                    "The database " + config.redacted() + " cannot be read: " + e.getMessage(),
                    config.isPostgres() ? "Check that it runs and that the user may connect." : RESTORE);
        }
    }

    private void sqlite(ArrayNode checks, Path file) throws SQLException {
        if (!Files.exists(file)) {
            add(checks, "store", OK, file + " is not there yet; the first start makes it", "");
            return;
        }
        if (!Files.isReadable(file) || !Files.isWritable(file)) {
            add(
                    checks,
                    "store",
                    FAILING,
                    file + " cannot be " + (Files.isReadable(file) ? "written" : "read") + " by this user",
                    "Run as the user who owns it, or: chown -R \"$(id -un)\" " + file.getParent());
            return;
        }
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA query_only = ON");
            long started = System.nanoTime();
            List<String> found = texts(statement, "PRAGMA quick_check(5)");
            if (found.equals(List.of("ok"))) {
                add(
                        checks,
                        "store",
                        OK,
                        String.format(
                                Locale.ROOT,
                                "%s is sound (checked in %.1f s)",
                                file,
                                (System.nanoTime() - started) / 1e9),
                        "");
            } else {
                add(checks, "store", FAILING, file + " is damaged: " + String.join("; ", found), RESTORE);
            }
            migrations(checks, statement, "SELECT name FROM sqlite_master WHERE type = 'table'");
        }
    }

    private void postgres(ArrayNode checks) throws SQLException {
        var server = config.server();
        var properties = new Properties();
        String[] user = server.getUserInfo() == null
                ? new String[0]
                : server.getUserInfo().split(":", 2);
        if (user.length > 0) {
            properties.setProperty("user", user[0]);
        }
        if (user.length > 1) {
            properties.setProperty("password", user[1]);
        }
        properties.setProperty("loginTimeout", "5");
        properties.setProperty("connectTimeout", "5");
        String url = "jdbc:postgresql://" + server.getHost() + (server.getPort() < 0 ? "" : ":" + server.getPort())
                + server.getRawPath() + (server.getRawQuery() == null ? "" : "?" + server.getRawQuery());
        try (Connection connection = DriverManager.getConnection(url, properties);
                Statement statement = connection.createStatement()) {
            String version = texts(statement, "SHOW server_version").getFirst();
            add(checks, "store", OK, "PostgreSQL " + version + " answers at " + config.redacted(), "");
            migrations(
                    checks,
                    statement,
                    "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()");
        }
    }

    private void migrations(ArrayNode checks, Statement statement, String tables) throws SQLException {
        List<String> there = texts(statement, tables);
        if (!there.contains("store_meta")) {
            add(checks, "migrations", OK, "the database is empty; the first start makes its tables", "");
            return;
        }
        if (!texts(statement, "SELECT content FROM store_meta WHERE name = 'restore'")
                .isEmpty()) {
            add(
                    checks,
                    "migrations",
                    FAILING,
                    "the database holds a part of a backup: restoring it was interrupted",
                    "Empty it, then restore again.");
            return;
        }
        var behind = new ArrayList<String>();
        var ahead = new ArrayList<String>();
        for (Migrations module : modules) {
            int applied = there.contains(module.historyTable())
                    ? texts(statement, "SELECT version FROM " + module.historyTable() + " WHERE version IS NOT NULL")
                            .stream()
                            .mapToInt(Integer::parseInt)
                            .max()
                            .orElse(0)
                    : 0;
            String text = module.prefix() + " " + applied + " of " + module.newest();
            if (applied > module.newest()) {
                ahead.add(text);
            } else if (applied < module.newest()) {
                behind.add(text);
            }
        }
        if (!ahead.isEmpty()) {
            add(
                    checks,
                    "migrations",
                    FAILING,
                    "a newer program wrote the database: " + String.join(", ", ahead),
                    "Start that program, or restore a backup made before the upgrade.");
        } else if (!behind.isEmpty()) {
            add(
                    checks,
                    "migrations",
                    ATTENTION,
                    "the next start brings tables up to date: " + String.join(", ", behind),
                    "Make a backup before: pilot backup FILE");
        } else {
            add(checks, "migrations", OK, modules.size() + " modules are up to date", "");
        }
    }

    private static List<String> texts(Statement statement, String query) throws SQLException {
        var texts = new ArrayList<String>();
        try (ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }
}
