package dev.pilothouse.cli.terminal;

import java.util.Map;

/** What one start of the program gives its commands: where they print, and the server that they ask. */
public interface Session {
    /** Where results and talk go, as the options say. */
    Terminal terminal();

    /**
     * The server to talk to, with its key: as options, environment or the stored profile say, else this machine's.
     *
     * @throws Exit USAGE where the address is none
     */
    Api api();

    /** The variables of the environment. */
    Map<String, String> environment();
}
