package dev.pilothouse.cli;

import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.kernel.Nearest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code pilot open}: a page of the console. */
@Command(
        name = "open",
        description = "Open the console in a browser, or print its address where there is none.",
        headerHeading = "Example: pilot open fraud%n",
        footer = {
            "",
            "WHAT is a page (services, runs, models, datasets, approvals, ledger, people), a service's name, a run's id, or",
            "one thing as kind/name: service/fraud, run/ID, model/fraud/3, dataset/payments, entry/ID."
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills parent and parameters
final class OpenCommand implements Callable<Integer> {
    private static final List<String> PAGES =
            List.of("services", "runs", "models", "datasets", "approvals", "ledger", "people");
    private static final Map<String, String> KINDS = Map.of(
            "service", "services",
            "run", "runs",
            "model", "models",
            "dataset", "datasets",
            "person", "people",
            "entry", "ledger");
    private static final Pattern RUN = Pattern.compile("[0-9a-f]{32}");

    @ParentCommand
    private Pilot pilot;

    @Parameters(paramLabel = "WHAT", arity = "0..1", description = "What to look at; the home page without it.")
    private String what = "";

    @Override
    public Integer call() {
        Api api = pilot.api();
        String address = api.base() + "/console/" + path(api);
        Terminal terminal = pilot.terminal();
        boolean opened = browser().map(command -> start(command, address)).orElse(false);
        terminal.line(address);
        if (!opened) {
            terminal.talk("There is no browser here; open that address where there is one.");
        }
        return 0;
    }

    private String path(Api api) {
        if (what.isEmpty() || PAGES.contains(what)) {
            return what;
        }
        int slash = what.indexOf('/');
        if (slash > 0) {
            String kind = what.substring(0, slash);
            String page = KINDS.get(kind);
            if (page == null) {
                throw new Exit(
                        Exit.USAGE,
                        "There is no page of the kind '" + kind + "'." + Nearest.hint(kind, KINDS.keySet()));
            }
            var encoded = new ArrayList<String>();
            for (String part : what.substring(slash + 1).split("/", -1)) {
                encoded.add(Api.encode(part));
            }
            return page + "/" + String.join("/", encoded);
        }
        if (RUN.matcher(what).matches()) {
            return "runs/" + what;
        }
        if (api.find("/api/v1/services/" + Api.encode(what)).isEmpty()) {
            throw new Exit(
                    Exit.USAGE,
                    "There is no service '" + what + "', and no page of that name." + Nearest.hint(what, PAGES)
                            + " Say what it is: model/" + what + ", dataset/" + what + " or run/ID.");
        }
        return "services/" + Api.encode(what);
    }

    /** The program that opens an address, where someone could see it. */
    private Optional<String> browser() {
        Map<String, String> environment = pilot.environment();
        String named = environment.getOrDefault("BROWSER", "");
        if (!named.isEmpty()) {
            return Optional.of(named);
        }
        if (System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("mac")) {
            return Optional.of("open");
        }
        boolean screen = environment.containsKey("DISPLAY") || environment.containsKey("WAYLAND_DISPLAY");
        return screen ? Optional.of("xdg-open") : Optional.empty();
    }

    private static boolean start(String program, String address) {
        try {
            Process process = new ProcessBuilder(program, address)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.isAlive() || process.exitValue() == 0;
        } catch (IOException _) {
            return false;
        }
    }
}
