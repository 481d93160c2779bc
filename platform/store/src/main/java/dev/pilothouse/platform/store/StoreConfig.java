package dev.pilothouse.platform.store;

import dev.pilothouse.kernel.CommonError;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;

/**
 * Where control state is kept.
 *
 * @param url {@code sqlite:<folder>}, a bare folder path (the same), or {@code postgresql://user:password@host:port/database}
 * @param readers how many reads run at the same time, 1 to 64; on SQLite each is a platform thread with a kept connection
 */
public record StoreConfig(String url, int readers) {
    private static final String SQLITE = "sqlite:";

    /**
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} where the URL names no known database
     */
    public StoreConfig {
        if (readers < 1 || readers > 64) {
            throw CommonError.INVALID.because("The store's readers must be 1 to 64, not " + readers + ".");
        }
        if (url.isBlank()) {
            throw CommonError.INVALID.because("The store's URL is empty. Use sqlite:<folder> or "
                    + "postgresql://user:password@host:port/database.");
        }
        if (isPostgres(url)) {
            parse(url);
        } else if (url.contains("://")) {
            throw CommonError.INVALID.because("The store's URL starts with '" + url.substring(0, url.indexOf("://"))
                    + "', which is no database known here. Use sqlite:<folder> or "
                    + "postgresql://user:password@host:port/database.");
        }
    }

    /** SQLite in a folder, with three readers. */
    public static StoreConfig in(Path folder) {
        return new StoreConfig(SQLITE + folder, 3);
    }

    /** Any URL, with three readers on SQLite and eight on PostgreSQL. */
    public static StoreConfig at(String url) {
        return new StoreConfig(url, isPostgres(url) ? 8 : 3);
    }

    /** Whether this is PostgreSQL, else SQLite. */
    public boolean isPostgres() {
        return isPostgres(url);
    }

    /** The folder of an embedded store. */
    public Path folder() {
        return Path.of(url.startsWith(SQLITE) ? url.substring(SQLITE.length()) : url);
    }

    /** The PostgreSQL URL's parts. */
    public URI server() {
        return parse(url);
    }

    /** The URL without its password. */
    public String redacted() {
        return isPostgres() ? url.replaceFirst("://([^:@/]*):[^@/]*@", "://$1:***@") : url;
    }

    @Override
    public String toString() {
        return "StoreConfig[url=" + redacted() + ", readers=" + readers + "]";
    }

    private static boolean isPostgres(String url) {
        return url.startsWith("postgresql://") || url.startsWith("postgres://");
    }

    private static URI parse(String url) {
        try {
            URI uri = new URI(url);
            if (uri.getHost() == null || uri.getPath() == null || uri.getPath().length() < 2) {
                throw CommonError.INVALID.because(
                        "The store's URL lacks a host or a database. Use postgresql://user:password@host:port/database; "
                                + "write special characters of the password as %-escapes.");
            }
            return uri;
        } catch (URISyntaxException _) {
            // The exception's text would repeat the password.
            throw CommonError.INVALID.because("The store's URL is not a valid URL. Use "
                    + "postgresql://user:password@host:port/database; write special characters of the password as "
                    + "%-escapes.");
        }
    }
}
