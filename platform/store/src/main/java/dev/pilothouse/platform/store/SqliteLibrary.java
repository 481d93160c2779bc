package dev.pilothouse.platform.store;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * SQLite's native library. The driver unpacks it and then compares the copy with the original byte by byte, in Java that is
 * not compiled yet, which is a twentieth of a server's start. Here it is unpacked into a folder that only this user can
 * enter, and named to the driver by its own setting.
 */
final class SqliteLibrary {
    private static final Logger log = LoggerFactory.getLogger(SqliteLibrary.class);
    private static final String FOLDER = "org.sqlite.lib.path";

    private SqliteLibrary() {}

    /** Initialised once in a process. */
    private static final class Once {
        static final boolean LOADED = tryToLoad();
    }

    /** Loads it, where nobody has named another. Where that fails, the driver does it its own way. */
    static void load() {
        boolean _ = Once.LOADED;
    }

    private static boolean tryToLoad() {
        String name = LibraryLoaderUtil.getNativeLibName();
        String packed = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name;
        try (InputStream in = SQLiteJDBCLoader.class.getResourceAsStream(packed)) {
            if (in == null || System.getProperty(FOLDER) != null) {
                return false;
            }
            loadFrom(in, name);
            return true;
        } catch (Exception e) {
            log.debug("SQLite's library is left to its driver", e);
            return false;
        }
    }

    private static void loadFrom(InputStream in, String name) throws Exception {
        Path folder = Files.createTempDirectory("pilothouse-sqlite-");
        Path library = folder.resolve(name);
        try {
            Files.copy(in, library);
            System.setProperty(FOLDER, folder.toString());
            SQLiteJDBCLoader.initialize();
        } finally {
            System.clearProperty(FOLDER);
            // What is loaded stays mapped without its file.
            Files.deleteIfExists(library);
            Files.deleteIfExists(folder);
        }
    }
}
