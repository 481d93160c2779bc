package dev.pilothouse.cli;

import picocli.CommandLine.IVersionProvider;

/** The version the jar was built as. */
final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String built = Version.class.getPackage().getImplementationVersion();
        return new String[] {
            "pilot " + (built == null ? "development" : built) + " on Java "
                    + Runtime.version().feature()
        };
    }
}
