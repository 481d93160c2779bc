package dev.pilothouse.cli;

/** Why a command ended otherwise than well; its text goes to stderr. */
final class Exit extends RuntimeException {
    /** The thing asked for is not so: a gate is red, a release was rolled back, a proof fails. */
    static final int NOT_SO = 1;
    /** Used wrongly. */
    static final int USAGE = 2;
    /** The server was not reached. */
    static final int UNREACHED = 3;
    /** The key may not do this. */
    static final int NOT_ALLOWED = 4;

    private final int code;

    Exit(int code, String message) {
        super(message);
        this.code = code;
    }

    int code() {
        return code;
    }
}
