package dev.pilothouse.server;

import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The description of our own API, for client generators and readers. */
final class OpenApiRoutes {
    private static final String DOCUMENT = "/openapi.yaml";

    void addTo(RouteTable table) {
        table.api().on("GET", "/api/v1/openapi.yaml", Access.open(), "getOpenApi", _ -> document());
    }

    private static Reply document() {
        try (InputStream in = OpenApiRoutes.class.getResourceAsStream(DOCUMENT)) {
            if (in == null) {
                throw new IllegalStateException(DOCUMENT + " is missing from this build");
            }
            return Reply.of(200, "application/yaml", in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
