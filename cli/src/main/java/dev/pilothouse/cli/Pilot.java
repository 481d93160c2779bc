package dev.pilothouse.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The program {@code pilot}. */
@Command(
        name = "pilot",
        description = "Ship, run and govern models from one address.",
        headerHeading = "Example: pilot release fraud --model fraud/2 && pilot status fraud -w%n",
        footer = {"", "Start a server with 'pilot up', see the main job with 'pilot demo'."},
        versionProvider = Version.class,
        mixinStandardHelpOptions = true,
        subcommands = {
            UpCommand.class,
            DemoCommand.class,
            LoginCommand.class,
            DataCommands.class,
            ModelCommands.class,
            ServiceCommands.PlanCommand.class,
            ServiceCommands.ApplyCommand.class,
            ReleaseCommands.ReleaseCommand.class,
            ReleaseCommands.RollbackCommand.class,
            ReleaseCommands.PromoteCommand.class,
            ReleaseCommands.RolloutCommand.class,
            StatusCommand.class,
            ServiceCommands.HistoryCommand.class,
            ServiceCommands.LogsCommand.class,
            ServiceCommands.InferCommand.class,
            ApprovalCommands.ListCommand.class,
            ApprovalCommands.ApproveCommand.class,
            ApprovalCommands.RejectCommand.class,
            AuditCommands.class,
            AccessCommands.KeysCommand.class,
            AccessCommands.PeopleCommand.class,
            AccessCommands.WhoamiCommand.class,
            AccessCommands.HealthCommand.class,
            GenerateCompletion.class
        })
public final class Pilot implements Runnable {
    private static final String DEFAULT_SERVER = "http://127.0.0.1:8787";

    @Option(
            names = "--server",
            paramLabel = "URL",
            scope = ScopeType.INHERIT,
            description = "Server address (PILOTHOUSE_URL).")
    String server = "";

    @Option(
            names = "--key",
            paramLabel = "KEY",
            scope = ScopeType.INHERIT,
            description = "API key (PILOTHOUSE_API_KEY).")
    String key = "";

    @Option(
            names = {"--output", "-o"},
            paramLabel = "table|json",
            scope = ScopeType.INHERIT,
            description = "Print a table or the server's JSON.")
    Output output = Output.table;

    @Option(names = "--quiet", scope = ScopeType.INHERIT, description = "Print results only.")
    boolean quiet;

    @CommandLine.Spec
    CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;

    enum Output {
        table,
        json
    }

    Pilot(PrintStream out, PrintStream err, Map<String, String> environment) {
        this.out = out;
        this.err = err;
        this.environment = environment;
    }

    /** Runs one command and ends with its exit code. */
    public static void main(String[] args) {
        var out =
                new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true, StandardCharsets.UTF_8);
        var err =
                new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.err), true, StandardCharsets.UTF_8);
        int code = run(out, err, System.getenv(), args);
        out.flush();
        System.exit(code);
    }

    /**
     * Runs one command in this process.
     *
     * @return its exit code: 0 done, 1 not so, 2 used wrongly, 3 server not reached, 4 not allowed
     */
    public static int run(PrintStream out, PrintStream err, Map<String, String> environment, String... args) {
        var pilot = new Pilot(out, err, environment);
        var line = new CommandLine(pilot)
                .setOut(new java.io.PrintWriter(out, true, StandardCharsets.UTF_8))
                .setErr(new java.io.PrintWriter(err, true, StandardCharsets.UTF_8))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setExecutionExceptionHandler((e, _, _) -> {
                    if (e instanceof Exit exit) {
                        pilot.terminal().error(String.valueOf(exit.getMessage()));
                        return exit.code();
                    }
                    pilot.terminal().error(e.getMessage() == null ? "The command failed." : e.getMessage());
                    return Exit.NOT_SO;
                });
        if (!environment.getOrDefault("NO_COLOR", "").isEmpty()) {
            line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
        }
        return line.execute(args);
    }

    @Override
    public void run() {
        if (spec != null) {
            spec.commandLine().usage(out);
        }
    }

    Map<String, String> environment() {
        return environment;
    }

    PrintStream out() {
        return out;
    }

    PrintStream err() {
        return err;
    }

    Terminal terminal() {
        return new Terminal(out, err, output == Output.json, quiet, Terminal.interactive(), environment);
    }

    /** The server to talk to: flag, then environment, then stored profile, then this machine. */
    Api api() {
        Optional<Profile> stored = Profile.load(environment);
        String address = first(
                server,
                environment.get("PILOTHOUSE_URL"),
                stored.map(Profile::server).orElse(""),
                DEFAULT_SERVER);
        String secret = first(
                key,
                environment.get("PILOTHOUSE_API_KEY"),
                stored.filter(p -> p.server().equals(address)).map(Profile::key).orElse(""),
                "");
        return new Api(address, secret);
    }

    private static String first(@org.jspecify.annotations.Nullable String... choices) {
        for (String choice : choices) {
            if (choice != null && !choice.isBlank()) {
                return choice;
            }
        }
        return "";
    }
}
