package dev.pilothouse.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** {@code pilot login}: checks a key and stores it. */
@Command(
        name = "login",
        description = "Check a key and store it with the server's address.",
        headerHeading = "Example: pilot login --url http://127.0.0.1:8787%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills parent and options
final class LoginCommand implements Callable<Integer> {
    @ParentCommand
    private Pilot pilot;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Server address (default: --server, PILOTHOUSE_URL or this machine).")
    private String url = "";

    @Override
    public Integer call() throws IOException {
        String address = url.isEmpty() ? pilot.api().base().toString() : url;
        String key = pilot.key.isEmpty() ? pilot.environment().getOrDefault("PILOTHOUSE_API_KEY", "") : pilot.key;
        if (key.isEmpty()) {
            if (!Terminal.interactive()) {
                throw new Exit(Exit.USAGE, "There is no terminal to ask for the key. Give it in PILOTHOUSE_API_KEY.");
            }
            key = Terminal.secret("API key: ");
        }
        JsonNode who = new Api(address, key).get("/api/v1/whoami");
        new Profile(address, key).save(pilot.environment());
        pilot.terminal().line("logged in to " + address + " as " + Show.text(who, "name"));
        pilot.terminal().next("pilot status");
        return 0;
    }
}
