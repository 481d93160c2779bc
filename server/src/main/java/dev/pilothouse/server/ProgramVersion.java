package dev.pilothouse.server;

/** The version that this program was released as. */
final class ProgramVersion {
    private ProgramVersion() {}

    /** What the release's launcher says, else what the jar was built as, else {@code development}. */
    static String text() {
        String released = System.getProperty("pilot.version", "");
        String built = ProgramVersion.class.getPackage().getImplementationVersion();
        return !released.isEmpty() ? released : built == null ? "development" : built;
    }
}
