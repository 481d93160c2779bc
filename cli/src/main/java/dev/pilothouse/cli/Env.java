package dev.pilothouse.cli;

import picocli.CommandLine.Option;

/** The option that names an environment of a service. */
final class Env {
    @Option(
            names = "--env",
            paramLabel = "ENVIRONMENT",
            description = "Environment of the service (default: the last one of its file).")
    private String name = "";

    String name() {
        return name;
    }

    /** The service's name as the API takes it, such as {@code fraud@staging}. */
    String of(String service) {
        return name.isEmpty() ? service : service + "@" + name;
    }

    /** The name under which the server keeps it, which its ledger entries and its endpoint have. */
    String stored(Pilot pilot, String service) {
        return name.isEmpty()
                ? service
                : Show.text(pilot.api().get("/api/v1/services/" + Api.encode(of(service))), "name");
    }
}
