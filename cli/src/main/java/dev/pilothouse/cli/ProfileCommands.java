package dev.pilothouse.cli;

import dev.pilothouse.cli.machine.Profile;
import dev.pilothouse.cli.machine.Profiles;
import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.databind.JsonNode;

/** Commands on the servers that this user knows. */
final class ProfileCommands {
    private ProfileCommands() {}

    /** {@code pilot login}: checks a key and stores it. */
    @Command(
            name = "login",
            description = "Check a key and store it with the server's address, under the name of a profile.",
            headerHeading = "Example: pilot login --url https://models.example.com --profile production%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills parent and options
    static final class LoginCommand implements Callable<Integer> {
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
                    throw new Exit(
                            Exit.USAGE, "There is no terminal to ask for the key. Give it in PILOTHOUSE_API_KEY.");
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

    /** {@code pilot profiles}: the servers that login stored. */
    @Command(
            name = "profiles",
            description = "List stored servers, choose one, or forget one; 'pilot login --profile NAME' adds one.",
            headerHeading = "Example: pilot profiles use production%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills the parent
    static final class ProfilesCommand {
        @ParentCommand
        private Pilot pilot;

        @Command(
                name = "list",
                description = "List stored servers, without their keys.",
                headerHeading = "Example: pilot profiles list%n",
                mixinStandardHelpOptions = true)
        int list() {
            Profiles profiles = Profiles.load(pilot.environment());
            Terminal terminal = pilot.terminal();
            var answer = Json.object();
            var items = answer.putArray("items");
            var rows = new ArrayList<List<String>>();
            profiles.all().forEach((name, profile) -> {
                boolean current = name.equals(profiles.current());
                items.addObject()
                        .put("name", name)
                        .put("server", profile.server())
                        .put("current", current);
                rows.add(List.of(name, profile.server(), current ? "current" : ""));
            });
            if (!terminal.printedJson(answer)) {
                terminal.table(List.of("NAME", "SERVER", ""), rows);
                terminal.next(
                        rows.isEmpty()
                                ? "pilot login --url URL --profile NAME"
                                : "pilot profiles use NAME, or --profile NAME with any command");
            }
            return 0;
        }

        @Command(
                name = "use",
                description = "Use a stored server from now on.",
                headerHeading = "Example: pilot profiles use production%n",
                mixinStandardHelpOptions = true)
        int use(@Parameters(paramLabel = "NAME", description = "Profile, from 'pilot profiles list'.") String name)
                throws IOException {
            Profiles.load(pilot.environment()).using(name).save(pilot.environment());
            pilot.terminal().line(name + " is used from now on");
            return 0;
        }

        @Command(
                name = "remove",
                description = "Forget a stored server and its key; the key itself stays valid.",
                headerHeading = "Example: pilot profiles remove staging%n",
                mixinStandardHelpOptions = true)
        int remove(@Parameters(paramLabel = "NAME", description = "Profile, from 'pilot profiles list'.") String name)
                throws IOException {
            Profiles left = Profiles.load(pilot.environment()).without(name);
            left.save(pilot.environment());
            pilot.terminal().line("forgot " + name);
            if (left.find("").isEmpty() && !left.all().isEmpty()) {
                pilot.terminal().next("pilot profiles use NAME, since the current one is gone");
            }
            return 0;
        }
    }
}
