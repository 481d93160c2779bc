package dev.pilothouse.bench.measure;

import java.util.List;

/** What follows a benchmark's name on the command line. Stateless. */
public final class Arguments {
    private Arguments() {}

    /**
     * The number that follows a name.
     *
     * @param otherwise where the name is not there
     * @throws NumberFormatException where something else follows it
     */
    public static int number(List<String> arguments, String name, int otherwise) {
        int at = arguments.indexOf(name);
        return at < 0 || at + 1 >= arguments.size() ? otherwise : Integer.parseInt(arguments.get(at + 1));
    }
}
