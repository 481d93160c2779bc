package dev.pilothouse.server;

import dev.pilothouse.platform.http.Route;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The map of routes as the program fills it, for the guard. */
public final class RouteMap {
    private RouteMap() {}

    /** Starts a server on an empty folder and a free port, reads its routes and stops it again. */
    public static List<Route> of(Path data) {
        var config = ServerConfig.read(Map.of(), List.of("--data-dir=" + data, "--http.port=0"));
        try (var wiring = Wiring.start(config)) {
            return wiring.routes();
        }
    }
}
