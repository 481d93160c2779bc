package dev.pilothouse.cli;

import dev.pilothouse.cli.machine.Profiles;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code pilot profiles}: the servers that login stored. */
@Command(
        name = "profiles",
        description = "List stored servers, choose one, or forget one; 'pilot login --profile NAME' adds one.",
        headerHeading = "Example: pilot profiles use production%n",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the parent
final class ProfilesCommand {
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
            items.addObject().put("name", name).put("server", profile.server()).put("current", current);
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
