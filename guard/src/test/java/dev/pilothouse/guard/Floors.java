package dev.pilothouse.guard;

import java.util.List;

/** The floors of the house, lowest first; a floor may use those before it in the list, and itself. */
final class Floors {
    static final String ROOT = "dev.pilothouse";
    static final List<String> UPWARDS =
            List.of("kernel", "platform", "trust", "know", "pay", "run", "watch", "ship", "server");

    private Floors() {}

    /** The floor a package is on, or empty for clients and tools beside the house. */
    static String of(String packageName) {
        if (!packageName.startsWith(ROOT + ".")) {
            return "";
        }
        String rest = packageName.substring(ROOT.length() + 1);
        int dot = rest.indexOf('.');
        return dot < 0 ? rest : rest.substring(0, dot);
    }

    /** Height of a floor, or -1 where it is none. */
    static int height(String packageName) {
        return UPWARDS.indexOf(of(packageName));
    }
}
