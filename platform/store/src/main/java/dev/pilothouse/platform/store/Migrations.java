package dev.pilothouse.platform.store;

/**
 * A module's migrations: Flyway files {@code V<n>__<what>.sql} on the class path under {@code db/<prefix>}. All tables
 * they make start with {@code <prefix>_}; their history is kept in {@code <prefix>_flyway}.
 *
 * @param prefix the module's table prefix, such as {@code tracking}
 */
public record Migrations(String prefix) {
    /** Where on the class path the files are. */
    public String location() {
        return "classpath:db/" + prefix;
    }

    /** Number of the newest file that this program has. */
    public int newest() {
        return MigrationFiles.newest(this);
    }

    /** The table that remembers which files have run. */
    public String historyTable() {
        return prefix + "_flyway";
    }
}
