package dev.pilothouse.cli;

import dev.pilothouse.platform.json.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParentCommand;

/** The version the jar was built as. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        return new String[] {
            "pilot " + client() + " on Java " + Runtime.version().feature()
        };
    }

    static String client() {
        String built = Version.class.getPackage().getImplementationVersion();
        return built == null ? "development" : built;
    }

    /** Whether two versions are of one release; a build that was not released counts as the release it leads to. */
    static boolean same(String one, String other) {
        return one.equals("development") || one.replace("-SNAPSHOT", "").equals(other.replace("-SNAPSHOT", ""));
    }

    /** {@code pilot version}: client and server. */
    @Command(
            name = "version",
            description = "Show the versions of this command line and of the server.",
            headerHeading = "Example: pilot version%n",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli fills the parent
    static final class VersionCommand implements Callable<Integer> {
        @ParentCommand
        private Pilot pilot;

        @Override
        public Integer call() {
            Terminal terminal = pilot.terminal();
            Api api = pilot.api();
            if (!terminal.json()) {
                terminal.line("client  " + client());
            }
            String server = Show.text(api.get("/v2"), "version");
            var answer = Json.object().put("client", client()).put("server", server);
            if (!terminal.printedJson(answer.put("address", api.base().toString()))) {
                terminal.line("server  " + server + "  at " + api.base());
                if (!same(client(), server)) {
                    terminal.next("use the same version on both sides, else a command may not be understood");
                }
            }
            return 0;
        }
    }
}
