package dev.pilothouse.cli.terminal;

import picocli.CommandLine.Option;

/** The option that names an environment of a service. */
public final class Env {
    @Option(
            names = "--env",
            paramLabel = "ENVIRONMENT",
            description = "Environment of the service (default: the last one of its file).")
    private String name = "";

    /** The name as it was typed, empty where none was. */
    public String name() {
        return name;
    }

    /** The service's name as the API takes it, such as {@code fraud@staging}. */
    public String of(String service) {
        return name.isEmpty() ? service : service + "@" + name;
    }

    /** The name under which the server keeps it, which its ledger entries and its endpoint have. */
    public String stored(Session session, String service) {
        return name.isEmpty()
                ? service
                : Show.text(session.api().get("/api/v1/services/" + Api.encode(of(service))), "name");
    }
}
