package dev.pilothouse.cli;

import dev.pilothouse.cli.machine.Check;
import dev.pilothouse.cli.machine.Checkup;
import dev.pilothouse.cli.machine.FolderChecks;
import dev.pilothouse.cli.machine.ServerProgram;
import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Unmatched;
import tools.jackson.databind.JsonNode;

/** {@code pilot doctor}: whether this machine is fit for a server, and whether the server is reached. */
@Command(
        name = "doctor",
        description = "Look for what keeps a server here from running well, and say how to mend it.",
        headerHeading = "Example: pilot doctor --data-dir ./pilothouse-data%n",
        footer = {
            "",
            "Further server settings pass as --section.key=value, such as --store.url=postgresql://….",
            "Exit code 1 if anything is failing. Nothing is changed."
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills parent and options
final class DoctorCommand implements Callable<Integer> {
    private static final Duration SKEW = Duration.ofSeconds(5);

    @ParentCommand
    private Pilot pilot;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Folder of the server on this machine (default: ${DEFAULT-VALUE}).")
    private Path data = Path.of(".pilothouse");

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "Port it listens or would listen on (default: ${DEFAULT-VALUE}).")
    private int port = 8787;

    @Unmatched
    private List<String> more = new ArrayList<>();

    @Override
    public Integer call() {
        UpCommand.requireSettings(more);
        Terminal terminal = pilot.terminal();
        var checks = new ArrayList<Check>();
        terminal.progress("looking at this machine …");
        checks.add(Checkup.java());
        checks.add(Checkup.memory());
        checks.add(Checkup.openFiles());
        checks.addAll(new FolderChecks(data, Instant.now()).all());
        terminal.progress("looking at the database …");
        checks.addAll(store());
        checks.add(new FolderChecks(data, Instant.now()).secrets(pilot.environment()));
        if (Files.exists(Path.of(System.getProperty("pilot.home", "."), "pom.xml"))) {
            checks.addAll(Checkup.buildTools());
        }
        terminal.progress("looking for the server …");
        checks.addAll(server());
        terminal.progressDone();
        return print(terminal, checks);
    }

    private List<Check> store() {
        var arguments = new ArrayList<>(List.of("--data-dir=" + data.toAbsolutePath(), "--http.port=" + port));
        arguments.addAll(more);
        var checks = new ArrayList<Check>();
        try {
            Process inspect = new ServerProgram(
                            ServerProgram.INSPECT, List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"), arguments)
                    .process()
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            inspect.getOutputStream().close();
            for (JsonNode one : Json.parse(inspect.getInputStream().readAllBytes())) {
                checks.add(new Check(
                        Show.text(one, "name"),
                        Check.State.valueOf(Show.text(one, "state").toUpperCase(Locale.ROOT)),
                        Show.text(one, "what"),
                        Show.text(one, "mend")));
            }
        } catch (IOException | PilothouseException e) {
            checks.add(Check.attention(
                    "store",
                    "the server's part of this installation does not run, so the database was not looked at",
                    "Install Pilothouse again, or run this where the server is installed."));
        }
        return checks;
    }

    /** Server, version, clock and port; a server that is not there is no fault where the port is free for one. */
    private List<Check> server() {
        Api api = pilot.api("http://127.0.0.1:" + port);
        var checks = new ArrayList<Check>();
        boolean here = api.base().getPort() == port
                && List.of("127.0.0.1", "localhost").contains(api.base().getHost());
        try {
            HttpResponse<byte[]> health = api.answer("/health/ready");
            checks.add(Check.ok("server", "ready at " + api.base()));
            checks.add(clock(health));
            checks.add(version(api));
            if (!here) {
                checks.add(Checkup.port(port));
            }
        } catch (Exit e) {
            if (e.code() == Exit.UNREACHED && here) {
                checks.add(Check.ok("server", "none runs at " + api.base()));
                checks.add(Checkup.port(port));
            } else {
                String[] sentences = String.valueOf(e.getMessage()).split("\\. ", 2);
                checks.add(Check.failing(
                        "server", sentences[0], sentences.length > 1 ? sentences[1] : "Read the server's log."));
            }
        }
        return checks;
    }

    private static Check clock(HttpResponse<byte[]> answer) {
        String name = "clock of server";
        String date = answer.headers().firstValue("date").orElse("");
        try {
            Instant theirs = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            // The header has whole seconds, cut off.
            Duration apart =
                    Duration.between(theirs, Instant.now()).minusMillis(500).abs();
            String what = String.format(Locale.ROOT, "%.1f s apart from this machine's", apart.toMillis() / 1000.0);
            return apart.compareTo(SKEW) < 0
                    ? Check.ok(name, what)
                    : Check.attention(
                            name,
                            what,
                            "Set both by NTP (timedatectl set-ntp true), or keys seem expired or not yet valid.");
        } catch (DateTimeParseException _) {
            return Check.attention(
                    name, "the answer has no readable date", "A proxy between here and the server may remove it.");
        }
    }

    private static Check version(Api api) {
        try {
            String server = Show.text(api.get("/v2"), "version");
            String what = "server " + server + ", command line " + Version.client();
            return Version.same(Version.client(), server)
                    ? Check.ok("version", what)
                    : Check.attention("version", what, "Use the same version on both sides.");
        } catch (Exit e) {
            return Check.attention(
                    "version",
                    "the server tells its version to known callers only",
                    "Log in: pilot login --url " + api.base());
        }
    }

    private static int print(Terminal terminal, List<Check> checks) {
        long failing =
                checks.stream().filter(c -> c.state() == Check.State.FAILING).count();
        long attention =
                checks.stream().filter(c -> c.state() == Check.State.ATTENTION).count();
        var answer = Json.object().put("well", failing == 0);
        var items = answer.putArray("items");
        checks.forEach(check -> items.addObject()
                .put("name", check.name())
                .put("state", check.state().label())
                .put("what", check.what())
                .put("mend", check.mend()));
        if (!terminal.printedJson(answer)) {
            for (Check check : checks) {
                String state = check.state().label();
                terminal.line(terminal.state(state)
                        + " ".repeat(11 - state.length())
                        + terminal.bold(check.name())
                        + " ".repeat(Math.max(1, 17 - check.name().length()))
                        + check.what());
                if (!check.mend().isEmpty()) {
                    terminal.line(" ".repeat(28) + "-> " + check.mend());
                }
            }
            terminal.talk(
                    failing + attention == 0
                            ? "All is well."
                            : failing + " failing, " + attention + " to be looked at, of " + checks.size() + ".");
        }
        return failing == 0 ? 0 : Exit.NOT_SO;
    }
}
