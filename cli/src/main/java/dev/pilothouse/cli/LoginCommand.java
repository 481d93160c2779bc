package dev.pilothouse.cli;

import dev.pilothouse.cli.machine.Profile;
import dev.pilothouse.cli.machine.Profiles;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** {@code pilot login}: checks a key and stores it. */
@Command(
        name = "login",
        description = "Check a key and store it with the server's address, under the name of a profile.",
        headerHeading = "Example: pilot login --url https://models.example.com --profile production%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills parent and options
final class LoginCommand implements Callable<Integer> {
    @ParentCommand
    private Pilot pilot;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Server address (default: --server, PILOTHOUSE_URL, the profile's or this machine).")
    private String url = "";

    @Override
    public Integer call() throws IOException {
        Profiles profiles = Profiles.load(pilot.environment());
        String name = pilot.profile.isEmpty()
                ? pilot.environment().getOrDefault("PILOTHOUSE_PROFILE", profiles.current())
                : pilot.profile;
        String address = address(profiles.find(name));
        String key = pilot.key.isEmpty() ? pilot.environment().getOrDefault("PILOTHOUSE_API_KEY", "") : pilot.key;
        if (key.isEmpty()) {
            if (!Terminal.interactive()) {
                throw new Exit(Exit.USAGE, "There is no terminal to ask for the key. Give it in PILOTHOUSE_API_KEY.");
            }
            key = Terminal.secret("API key: ");
        }
        JsonNode who = new Api(address, key).get("/api/v1/whoami");
        Profiles more = profiles.with(name, new Profile(address, key));
        more.save(pilot.environment());
        Terminal terminal = pilot.terminal();
        terminal.line("logged in to " + address + " as " + Show.text(who, "name") + ", profile " + name);
        terminal.next(
                more.current().equals(name)
                        ? "pilot status"
                        : "pilot status --profile " + name + ", or pilot profiles use " + name);
        return 0;
    }

    private String address(Optional<Profile> stored) {
        if (!url.isEmpty()) {
            return url;
        }
        return Pilot.first(
                pilot.server,
                pilot.environment().get("PILOTHOUSE_URL"),
                stored.map(Profile::server).orElse(""),
                Pilot.DEFAULT_SERVER);
    }
}
