package dev.pilothouse.platform.http;

import java.util.List;

/**
 * One row of the map of routes.
 *
 * @param protocol which protocol it belongs to: {@code api}, {@code mlflow}, {@code oip}, ...
 * @param method HTTP method
 * @param path Armeria path pattern below each prefix, such as {@code /api/v1/services/{name}}
 * @param prefixes prefixes it is served under, {@code ""} for the root
 * @param access who may call
 * @param operation name in the OpenAPI document, metrics and logs, in camelCase and unique within the protocol
 * @param errors shape of refusals
 * @param maxBody largest body in bytes after decompression; larger ones are refused with 413
 * @param handler what answers
 */
public record Route(
        String protocol,
        String method,
        String path,
        List<String> prefixes,
        Access access,
        String operation,
        ErrorShape errors,
        long maxBody,
        Handler handler) {
    public Route {
        prefixes = List.copyOf(prefixes);
    }
}
