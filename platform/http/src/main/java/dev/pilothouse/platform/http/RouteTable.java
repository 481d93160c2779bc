package dev.pilothouse.platform.http;

import java.util.ArrayList;
import java.util.List;

/**
 * The one map of routes, filled by each capability's {@code *Routes} while the server is wired, then read by the edge,
 * the OpenAPI check and the table-driven access test. Not thread-safe; filled by one thread.
 */
public final class RouteTable {
    /** Largest body of a route that sets no other limit: 16 MiB. */
    public static final long DEFAULT_MAX_BODY = 16L << 20;

    private final List<Route> routes = new ArrayList<>();

    /**
     * Starts a protocol's routes.
     *
     * @param protocol name of the protocol
     * @param errors its error shape
     * @param prefixes where it is served, such as {@code "/mlflow"} and {@code ""}
     */
    public Scope protocol(String protocol, ErrorShape errors, String... prefixes) {
        return new Scope(protocol, errors, List.of(prefixes), DEFAULT_MAX_BODY);
    }

    /** Our own API: paths start with {@code /api/v1}, errors are problem JSON. */
    public Scope api() {
        return protocol("api", ErrorShape.problemJson(), "");
    }

    /** All rows, in the order they were added. */
    public List<Route> routes() {
        return List.copyOf(routes);
    }

    /** Adds routes of one protocol. */
    public final class Scope {
        private final String protocol;
        private final ErrorShape errors;
        private final List<String> prefixes;
        private final long maxBody;

        private Scope(String protocol, ErrorShape errors, List<String> prefixes, long maxBody) {
            this.protocol = protocol;
            this.errors = errors;
            this.prefixes = prefixes;
            this.maxBody = maxBody;
        }

        /** The same protocol with another body limit, in bytes. */
        public Scope maxBody(long bytes) {
            return new Scope(protocol, errors, prefixes, bytes);
        }

        /** Adds a blocking route. */
        public Scope on(String method, String path, Access access, String operation, Handler.Blocking handler) {
            return add(method, path, access, operation, handler);
        }

        /** Adds a raw route. */
        public Scope raw(String method, String path, Access access, String operation, Handler.Raw handler) {
            return add(method, path, access, operation, handler);
        }

        private Scope add(String method, String path, Access access, String operation, Handler handler) {
            routes.add(new Route(protocol, method, path, prefixes, access, operation, errors, maxBody, handler));
            return this;
        }
    }
}
