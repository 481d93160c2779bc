package dev.pilothouse.acceptance;

import dev.pilothouse.testkit.TestPostgres;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where servers of tests keep their state: SQLite, or with {@code -Dpilothouse.test.store=postgresql} a new database each on
 * one PostgreSQL, which ends with the tests' process.
 */
final class SharedPostgres {
    private static final String STORE = "--store.url=";

    private SharedPostgres() {}

    private static final class Holder {
        static final TestPostgres SERVER = started();

        private static TestPostgres started() {
            TestPostgres server = TestPostgres.start();
            Runtime.getRuntime().addShutdownHook(new Thread(server::close, "postgres"));
            return server;
        }
    }

    /** The flags with the store that these tests are to use, unless they name one. */
    static List<String> withStore(List<String> flags) {
        boolean postgres = "postgresql".equals(System.getProperty("pilothouse.test.store", "sqlite"));
        return !postgres || flags.stream().anyMatch(flag -> flag.startsWith(STORE))
                ? flags
                : Stream.concat(flags.stream(), Stream.of(STORE + Holder.SERVER.newDatabase()))
                        .toList();
    }
}
