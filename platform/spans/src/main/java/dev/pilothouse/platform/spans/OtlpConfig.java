package dev.pilothouse.platform.spans;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A collector, and who tells it.
 *
 * @param traces where it takes traces, such as {@code http://collector:4318/v1/traces}
 * @param headers sent with every batch, such as its key
 * @param version of this program, which the spans carry
 */
public record OtlpConfig(URI traces, Map<String, String> headers, String version) {
    private static final String PATH = "/v1/traces";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9-]+");

    public OtlpConfig {
        headers = Map.copyOf(headers);
    }

    /**
     * Where a collector takes traces, as the variable {@code OTEL_EXPORTER_OTLP_ENDPOINT} has its address (OpenTelemetry, "OTLP
     * Exporter Configuration"): {@value #PATH} is added.
     *
     * @return empty where it is no http or https address, or has a user or a query
     */
    public static Optional<URI> traces(String endpoint) {
        try {
            return Optional.of(new URI(endpoint))
                    .filter(address -> ("http".equals(address.getScheme()) || "https".equals(address.getScheme()))
                            && address.getHost() != null
                            && address.getRawQuery() == null
                            && address.getRawUserInfo() == null)
                    .map(address -> URI.create(endpoint.replaceFirst("/$", "") + PATH));
        } catch (URISyntaxException _) {
            return Optional.empty();
        }
    }

    /**
     * Reads headers as the variable {@code OTEL_EXPORTER_OTLP_HEADERS} has them: {@code name=value} pairs, separated by commas.
     *
     * @return empty where they are none
     */
    public static Optional<Map<String, String>> headers(String text) {
        var headers = new LinkedHashMap<String, String>();
        for (String pair : text.split(",", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? "" : pair.substring(0, equals).strip();
            if (!pair.isBlank() && !NAME.matcher(name).matches()) {
                return Optional.empty();
            }
            if (!pair.isBlank()) {
                headers.put(name, pair.substring(equals + 1).strip());
            }
        }
        return Optional.of(headers);
    }
}
