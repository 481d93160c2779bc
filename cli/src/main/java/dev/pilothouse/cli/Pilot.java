package dev.pilothouse.cli;

import dev.pilothouse.cli.litellm.ImportCommands;
import dev.pilothouse.cli.machine.Profile;
import dev.pilothouse.cli.machine.Profiles;
import dev.pilothouse.cli.pay.AgentCommands;
import dev.pilothouse.cli.pay.AliasCommands;
import dev.pilothouse.cli.pay.BudgetCommands;
import dev.pilothouse.cli.pay.CacheCommands;
import dev.pilothouse.cli.pay.GuardCommands;
import dev.pilothouse.cli.pay.PriceCommands;
import dev.pilothouse.cli.pay.ProviderCommands;
import dev.pilothouse.cli.pay.RolloutCommands;
import dev.pilothouse.cli.pay.UsageCommand;
import dev.pilothouse.cli.terminal.Api;
import dev.pilothouse.cli.terminal.Exit;
import dev.pilothouse.cli.terminal.Session;
import dev.pilothouse.cli.terminal.Show;
import dev.pilothouse.cli.terminal.Terminal;
import dev.pilothouse.kernel.PilothouseException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
            ProfileCommands.LoginCommand.class,
            ProfileCommands.ProfilesCommand.class,
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
            ProviderCommands.class,
            AliasCommands.class,
            CacheCommands.class,
            GuardCommands.class,
            RolloutCommands.class,
            PriceCommands.class,
            BudgetCommands.class,
            UsageCommand.class,
            AgentCommands.class,
            ImportCommands.class,
            SecretCommands.class,
            NotificationCommands.ListCommand.class,
            AuditCommands.class,
            AccessCommands.KeysCommand.class,
            AccessCommands.PeopleCommand.class,
            UnitCommands.class,
            AccessCommands.WhoamiCommand.class,
            AccessCommands.HealthCommand.class,
            OpenCommand.class,
            BackupCommands.BackupCommand.class,
            BackupCommands.RestoreCommand.class,
            DoctorCommand.class,
            Version.VersionCommand.class,
            Version.CompletionCommand.class
        })
public final class Pilot implements Runnable, Session {
    static final String DEFAULT_SERVER = "http://127.0.0.1:8787";

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
            names = "--profile",
            paramLabel = "NAME",
            scope = ScopeType.INHERIT,
            description = "Stored server to use (PILOTHOUSE_PROFILE); see 'pilot profiles list'.")
    String profile = "";

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

    private boolean warned;
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
                .setParameterExceptionHandler((e, _) -> {
                    pilot.terminal().error(usage(e));
                    return Exit.USAGE;
                })
                .setExecutionExceptionHandler((e, _, _) -> {
                    if (e instanceof Exit exit) {
                        pilot.terminal().error(String.valueOf(exit.getMessage()));
                        return exit.code();
                    }
                    if (e instanceof PilothouseException refusal) {
                        pilot.terminal().error(refusal.detail());
                        return refusal.code().status() < 500 ? Exit.USAGE : Exit.NOT_SO;
                    }
                    pilot.terminal().error(words(e));
                    return Exit.NOT_SO;
                });
        if (!environment.getOrDefault("NO_COLOR", "").isEmpty()) {
            line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
        }
        return line.execute(args);
    }

    /** What a failure of the machine means to people; the rest is told by its own message. */
    private static String words(Exception e) {
        return switch (e) {
            case java.nio.file.NoSuchFileException missing ->
                missing.getFile() + " is not there. Check the name and the folder you are in.";
            case java.nio.file.AccessDeniedException denied ->
                denied.getFile() + " may not be read or written by this user. Change its rights, or name another.";
            case java.nio.file.FileAlreadyExistsException there ->
                there.getFile() + " is there already; name a file that is not.";
            case java.io.IOException broken ->
                "Reading or writing failed: " + broken.getMessage() + ". Check the disk and the file's name.";
            default ->
                e.getMessage() == null ? "The command failed. Please report it with what you typed." : e.getMessage();
        };
    }

    /** What was typed wrongly, the nearest that is right, an example, and where to read on. */
    private static String usage(CommandLine.ParameterException e) {
        var spec = e.getCommandLine().getCommandSpec();
        var text = new StringBuilder(String.valueOf(e.getMessage()));
        text.append(text.toString().endsWith(".") ? "" : ".");
        if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
            List<String> near = unmatched.getSuggestions();
            text.append(near.isEmpty() ? "" : " Did you mean '" + near.getFirst() + "'?");
        }
        String example = spec.usageMessage().headerHeading();
        if (example != null && !example.isEmpty()) {
            text.append("\n  ").append(example.replace("%n", ""));
        }
        return text.append("\n  All about it: ")
                .append(spec.qualifiedName())
                .append(" --help")
                .toString();
    }

    @Override
    public void run() {
        if (spec != null) {
            spec.commandLine().usage(out);
        }
    }

    @Override
    public Map<String, String> environment() {
        return environment;
    }

    PrintStream out() {
        return out;
    }

    PrintStream err() {
        return err;
    }

    @Override
    public Terminal terminal() {
        return new Terminal(out, err, output == Output.json, quiet, Terminal.interactive(), environment);
    }

    /**
     * The server to talk to. What is said on the command line counts most ({@code --server}, {@code --profile}), then the
     * environment ({@code PILOTHOUSE_URL}, {@code PILOTHOUSE_PROFILE}), then the current profile, then this machine. A stored
     * key goes to the server it was stored for only.
     */
    @Override
    public Api api() {
        return api(DEFAULT_SERVER);
    }

    /** The same, with another server where none is named anywhere. */
    Api api(String fallback) {
        Profiles stored = Profiles.load(environment);
        String url = environment.getOrDefault("PILOTHOUSE_URL", "");
        String named = environment.getOrDefault("PILOTHOUSE_PROFILE", "");
        Optional<Profile> chosen = !profile.isEmpty()
                ? Optional.of(stored.get(profile))
                : url.isEmpty() && server.isEmpty() && !named.isEmpty()
                        ? Optional.of(stored.get(named))
                        : stored.find(named);
        boolean byProfile = !profile.isEmpty() && server.isEmpty();
        String address =
                first(server, byProfile ? "" : url, chosen.map(Profile::server).orElse(""), fallback);
        String kept =
                chosen.filter(p -> p.server().equals(address)).map(Profile::key).orElse("");
        String secret = first(
                key,
                byProfile ? kept : environment.get("PILOTHOUSE_API_KEY"),
                kept,
                environment.get("PILOTHOUSE_API_KEY"));
        return new Api(address, secret, this::warnOfExpiry);
    }

    /** Says once that the key in use is about to stop working. */
    private void warnOfExpiry(String at) {
        if (!warned) {
            warned = true;
            terminal()
                    .talk("warning: this key ends " + Show.until(at)
                            + "; take a new one in time: pilot keys list, then pilot keys rotate ID");
        }
    }

    /** Stores a key with the address of its server, as logging in does. */
    void keep(String address, String secret) {
        try {
            Profiles stored = Profiles.load(environment);
            stored.with(stored.current().isEmpty() ? Profiles.FIRST : stored.current(), new Profile(address, secret))
                    .save(environment);
        } catch (IOException e) {
            throw new Exit(
                    Exit.NOT_SO,
                    "The key cannot be stored (" + e.getMessage() + "). It is not shown again, so keep it: " + secret);
        }
    }

    static String first(@org.jspecify.annotations.Nullable String... choices) {
        for (String choice : choices) {
            if (choice != null && !choice.isBlank()) {
                return choice;
            }
        }
        return "";
    }
}
