package dev.pilothouse.platform.http;

import dev.pilothouse.platform.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * The one map of routes, filled by each capability's {@code *Routes} while the server is wired, then read by the edge,
 * the OpenAPI check and the table-driven access test. Not thread-safe; filled by one thread.
 */
public final class RouteTable {
    /** Largest body of a route that sets no other limit: 16 MiB. */
    public static final long DEFAULT_MAX_BODY = 16L << 20;

    private final List<Route> routes = new ArrayList<>();
    /** Operation by method and path, the names of parameters left out. */
    private final Map<String, String> taken = new HashMap<>();

    private final Map<String, ErrorShape> shapes = new HashMap<>();

    /**
     * Starts a protocol's routes.
     *
     * @param protocol name of the protocol
     * @param errors its error shape
     * @param prefixes where it is served, such as {@code "/mlflow"} and {@code ""}
     */
    public Scope protocol(String protocol, ErrorShape errors, String... prefixes) {
        for (String prefix : prefixes) {
            if (!prefix.isEmpty()) {
                shapes.put(prefix, errors);
            }
        }
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

    /** The shape of refusals on a path that no route answers: that of the longest prefix it is below, else problem JSON. */
    public ErrorShape shapeFor(String path) {
        String best = "";
        for (String prefix : shapes.keySet()) {
            if (prefix.length() > best.length() && isBelow(path, prefix)) {
                best = prefix;
            }
        }
        ErrorShape shape = shapes.get(best);
        return shape == null ? ErrorShape.problemJson() : shape;
    }

    /**
     * The shape of refusals of a request whose path cannot be read, so that nobody knows which protocol it speaks: problem JSON
     * with the members of every other protocol's refusals beside its own (RFC 9457, section 3.2), where no two have the same name.
     */
    public ErrorShape everyShape() {
        var others = new LinkedHashMap<String, ErrorShape>();
        routes.forEach(route -> others.putIfAbsent(route.protocol(), route.errors()));
        return (refusal, requestId) -> {
            Reply problem = ErrorShape.problemJson().render(refusal, requestId);
            ObjectNode body = Json.parseObject(bytes(problem));
            for (ErrorShape other : others.values()) {
                Json.parseObject(bytes(other.render(refusal, requestId))).properties().stream()
                        .filter(member -> !body.has(member.getKey()))
                        .forEach(member -> body.set(member.getKey(), member.getValue()));
            }
            return new Reply(problem.status(), problem.headers(), new Reply.Body.Bytes(Json.bytes(body)));
        };
    }

    private static byte[] bytes(Reply refusal) {
        if (refusal.body() instanceof Reply.Body.Bytes(byte[] bytes)) {
            return bytes;
        }
        throw new IllegalStateException("A refusal is not streamed");
    }

    /** Whether a path, prefix included, answers HEAD by a route of its own. */
    public boolean hasHead(String path) {
        return taken.containsKey(place("HEAD", path));
    }

    private static String place(String method, String path) {
        return method + " " + path.replaceAll("\\{\\*?[^}]*\\}", "{}");
    }

    private static boolean isBelow(String path, String prefix) {
        return path.startsWith(prefix)
                && (path.length() == prefix.length() || prefix.endsWith("/") || path.charAt(prefix.length()) == '/');
    }

    private void claim(Route route) {
        if (!route.path().startsWith("/")) {
            throw new IllegalStateException(
                    "The path of " + route.operation() + " must start with '/': " + route.path());
        }
        for (String prefix : route.prefixes()) {
            String place = place(route.method(), prefix + route.path());
            String operation = route.protocol() + "." + route.operation();
            String other = taken.putIfAbsent(place, operation);
            if (other != null) {
                throw new IllegalStateException("Two operations claim " + place + ": " + other + " and " + operation
                        + ". Give one another path.");
            }
        }
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

        /** Gives refusals on unknown paths at or below this prefix the protocol's shape; its own prefixes have it already. */
        public Scope fallback(String prefix) {
            shapes.put(prefix, errors);
            return this;
        }

        /**
         * Adds a blocking route.
         *
         * @throws IllegalStateException where another operation has the method and path
         */
        public Scope on(String method, String path, Access access, String operation, Handler.Blocking handler) {
            return add(method, path, access, operation, handler);
        }

        /** Adds a raw route; see {@link #on}. */
        public Scope raw(String method, String path, Access access, String operation, Handler.Raw handler) {
            return add(method, path, access, operation, handler);
        }

        private Scope add(String method, String path, Access access, String operation, Handler handler) {
            var route = new Route(protocol, method, path, prefixes, access, operation, errors, maxBody, handler);
            claim(route);
            routes.add(route);
            return this;
        }
    }
}
