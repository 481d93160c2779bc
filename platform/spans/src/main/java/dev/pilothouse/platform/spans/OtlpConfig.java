package dev.pilothouse.platform.spans;

import dev.pilothouse.kernel.CommonError;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A collector, and who tells it.
 *
 * @param traces where it takes traces, such as {@code http://collector:4318/v1/traces}
 * @param headers sent with every batch, such as its key
 * @param version of this program, which the spans carry
 */
public record OtlpConfig(URI traces, Map<String, String> headers, String version) {
    private static final String PATH = "/v1/traces";

    public OtlpConfig {
        headers = Map.copyOf(headers);
    }

    /**
     * Reads both as the variables {@code OTEL_EXPORTER_OTLP_ENDPOINT} and {@code OTEL_EXPORTER_OTLP_HEADERS} have them
     * (OpenTelemetry, "OTLP Exporter Configuration").
     *
     * @param endpoint the collector's address, to which {@value #PATH} is added
     * @param headers {@code name=value} pairs, separated by commas; may be empty
     * @throws dev.pilothouse.kernel.PilothouseException {@link CommonError#INVALID}
     */
    public static OtlpConfig of(String endpoint, String headers, String version) {
        try {
            URI address = new URI(endpoint);
            if (!("http".equals(address.getScheme()) || "https".equals(address.getScheme()))
                    || address.getHost() == null
                    || address.getRawQuery() != null
                    || address.getRawUserInfo() != null) {
                throw CommonError.INVALID.because("must be an http or https address such as http://collector:4318,"
                        + " without user and query");
            }
            String root = endpoint.endsWith("/") ? endpoint.substring(0, endpoint.length() - 1) : endpoint;
            return new OtlpConfig(URI.create(root + PATH), headers(headers), version);
        } catch (URISyntaxException e) {
            throw CommonError.INVALID.because("must be an http or https address such as http://collector:4318", e);
        }
    }

    private static Map<String, String> headers(String text) {
        var headers = new LinkedHashMap<String, String>();
        for (String pair : text.split(",", -1)) {
            int equals = pair.indexOf('=');
            if (pair.isBlank()) {
                continue;
            }
            if (equals < 1) {
                throw CommonError.INVALID.because("must have headers as name=value, separated by commas");
            }
            headers.put(
                    pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
        }
        return headers;
    }
}
