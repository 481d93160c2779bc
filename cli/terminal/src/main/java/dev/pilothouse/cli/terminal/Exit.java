package dev.pilothouse.cli.terminal;

/** Why a command ended otherwise than well; its text goes to stderr. */
public final class Exit extends RuntimeException {
    /** The thing asked for is not so: a gate is red, a release was rolled back, a proof fails. */
    public static final int NOT_SO = 1;
    /** Used wrongly. */
    public static final int USAGE = 2;
    /** The server was not reached. */
    public static final int UNREACHED = 3;
    /** The key may not do this. */
    public static final int NOT_ALLOWED = 4;

    private final int code;

    /** Ends with an exit code and what to say: what happened, and what to do about it. */
    public Exit(int code, String message) {
        super(message);
        this.code = code;
    }

    /** The exit code, from 1 to 4. */
    public int code() {
        return code;
    }
}
