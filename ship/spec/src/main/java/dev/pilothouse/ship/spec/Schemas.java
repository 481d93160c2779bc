package dev.pilothouse.ship.spec;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** JSON Schemas (draft 2020-12) of what files declare, as users' editors read them. Stateless. */
public final class Schemas {
    /** A document of any kind; it refers to the others by their names beside it. */
    public static final String ANY = "pilothouse.json";

    /** Their names; a kind's is its own in lower case. */
    public static final List<String> NAMES = List.of(ANY, "service.json", "provider.json", "route.json", "budget.json");

    private Schemas() {}

    /**
     * The bytes of one.
     *
     * @throws dev.pilothouse.kernel.PilothouseException NOT_FOUND that names the nearest
     */
    public static byte[] read(String name) {
        if (!NAMES.contains(name)) {
            throw CommonError.NOT_FOUND.because("There is no schema '" + name + "'." + Nearest.hint(name, NAMES)
                    + " A file's documents all follow " + ANY + ".");
        }
        try (InputStream in = Schemas.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing from this build");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
