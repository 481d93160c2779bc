package dev.pilothouse.cli.machine;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Nearest;
import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/**
 * The servers that {@code pilot login} stored, by name, in {@code pilothouse/config.json} of the user's configuration folder
 * (XDG base directories), readable by its owner only. A file of the time when there was one server reads as the profile
 * {@value #FIRST}.
 *
 * @param current which to use where none is named
 * @param all by name
 */
public record Profiles(String current, SortedMap<String, Profile> all) {
    /** The profile of who knows one server only. */
    public static final String FIRST = "default";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

    public Profiles {
        all = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(all));
    }

    /** Where the file is. */
    public static Path file(Map<String, String> environment) {
        String base = environment.getOrDefault("XDG_CONFIG_HOME", "");
        return (base.isEmpty() ? Path.of(environment.getOrDefault("HOME", "."), ".config") : Path.of(base))
                .resolve("pilothouse")
                .resolve("config.json");
    }

    /**
     * Reads the file; where there is none, there are no profiles.
     *
     * @throws PilothouseException where it cannot be read or understood
     */
    public static Profiles load(Map<String, String> environment) {
        Path file = file(environment);
        if (!Files.exists(file)) {
            return new Profiles(FIRST, new TreeMap<>());
        }
        try {
            ObjectNode stored = Json.parseObject(Files.readAllBytes(file));
            var all = new TreeMap<String, Profile>();
            if (stored.has("server")) {
                all.put(FIRST, profile(stored));
            }
            stored.path("profiles").properties().forEach(each -> all.put(each.getKey(), profile(each.getValue())));
            return new Profiles(stored.path("current").asString(FIRST), all);
        } catch (IOException | PilothouseException e) {
            throw CommonError.INVALID.because(
                    "The file " + file
                            + " cannot be read as the list of servers. Mend or remove it, then log in again: pilot login",
                    e);
        }
    }

    private static Profile profile(tools.jackson.databind.JsonNode stored) {
        return new Profile(
                stored.path("server").asString(""), stored.path("key").asString(""));
    }

    /** The profile of a name, or the current one where the name is empty. */
    public Optional<Profile> find(String name) {
        return Optional.ofNullable(all.get(name.isEmpty() ? current : name));
    }

    /**
     * The profile of a name.
     *
     * @throws PilothouseException INVALID naming the nearest
     */
    public Profile get(String name) {
        return find(name)
                .orElseThrow(() -> CommonError.INVALID.because("There is no profile '" + name + "'."
                        + (all.isEmpty() ? " None is stored yet." : Nearest.hint(name, all.keySet()))
                        + " Make it with: pilot login --profile " + name));
    }

    /** With one more profile, or another one under its name; the first becomes the current one. */
    public Profiles with(String name, Profile profile) {
        if (!NAME.matcher(name).matches()) {
            throw CommonError.INVALID.because("'" + name
                    + "' is no name for a profile. Use letters, digits, '.', '-' and" + " '_', such as production.");
        }
        var more = new TreeMap<>(all);
        more.put(name, profile);
        return new Profiles(find("").isEmpty() ? name : current, more);
    }

    /** With another current one. */
    public Profiles using(String name) {
        get(name);
        return new Profiles(name, all);
    }

    /** Without one; where it was the current one and one is left, that is current. */
    public Profiles without(String name) {
        get(name);
        var fewer = new TreeMap<>(all);
        fewer.remove(name);
        boolean moves = name.equals(current) && fewer.size() == 1;
        return new Profiles(moves ? fewer.firstKey() : current, fewer);
    }

    /** Stores all, with mode 0600 and in one step. */
    public void save(Map<String, String> environment) throws IOException {
        Path file = file(environment);
        Files.createDirectories(file.getParent());
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        }
        ObjectNode root = Json.object().put("current", current);
        ObjectNode profiles = root.putObject("profiles");
        all.forEach((name, profile) ->
                profiles.putObject(name).put("server", profile.server()).put("key", profile.key()));
        Files.write(fresh, Json.bytes(root));
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
