package dev.pilothouse.platform.http;

import dev.pilothouse.kernel.Caller;
import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.json.Json;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * One request to a blocking handler, its body read whole.
 *
 * @param method HTTP method
 * @param path path without query, decoded
 * @param pathParameters values of the route's {@code {names}}
 * @param query query parameters, decoded, in order
 * @param headers request headers by lower-case name; repeated ones joined by a comma
 * @param body the body after decompression, empty where there is none
 * @param from the client's address; behind a trusted proxy, the one that the proxy names
 * @param caller who calls; an anonymous caller without roles on open routes
 * @param requestId the id that response, logs and samples carry
 */
public record Call(
        String method,
        String path,
        Map<String, String> pathParameters,
        Map<String, List<String>> query,
        Map<String, String> headers,
        byte[] body,
        InetAddress from,
        Caller caller,
        String requestId) {

    /** A path parameter the route declares. */
    public String param(String name) {
        String value = pathParameters.get(name);
        if (value == null) {
            throw new IllegalArgumentException("The route has no parameter " + name);
        }
        return value;
    }

    /** First value of a query parameter. */
    public Optional<String> query(String name) {
        return query.getOrDefault(name, List.of()).stream().findFirst();
    }

    /** A header by lower-case name. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /**
     * A whole-number query parameter, or the default.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID} outside [min, max]
     */
    public int intQuery(String name, int fallback, int min, int max) {
        Optional<String> text = query(name);
        if (text.isEmpty() || text.get().isEmpty()) {
            return fallback;
        }
        try {
            int value = Integer.parseInt(text.get());
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // reported below with the range
        }
        throw CommonError.INVALID.because("Query parameter '" + name + "' is '" + text.get()
                + "'; use a whole number from " + min + " to " + max + ".");
    }

    /**
     * The body as a JSON object; an empty body reads as an empty object.
     *
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID}
     */
    public ObjectNode json() {
        return body.length == 0 ? Json.object() : Json.parseObject(body);
    }
}
