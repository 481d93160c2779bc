package dev.pilothouse.server;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;

/**
 * What {@code pilot doctor} asks about the database of a server that need not run: prints a JSON list of checks, each with
 * {@code name}, {@code state} ({@code ok}, {@code attention}, {@code failing}), {@code what} and {@code mend}. It takes the
 * server's settings and changes nothing.
 */
public final class InspectMain {
    private InspectMain() {}

    /** Runs, and ends with exit code 0 whatever it finds. */
    public static void main(String[] args) {
        ArrayNode checks = Json.array();
        try {
            ServerConfig config = ServerConfig.read(System.getenv(), List.of(args));
            new SqlInspection(config.store(), Wiring.MODULES).run(checks);
        } catch (PilothouseException e) {
            SqlInspection.add(
                    checks, "configuration", "failing", e.detail() + " " + e.problems(), "Mend the settings.");
        }
        System.out.println(Json.write(checks));
        System.exit(0);
    }
}
