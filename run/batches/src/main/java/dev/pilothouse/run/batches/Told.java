package dev.pilothouse.run.batches;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.gateway.GatewayError;
import dev.pilothouse.run.providers.ProviderAnswer;
import java.io.UncheckedIOException;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/** What a provider answered in full; a client is told the same. */
record Told(int status, String contentType, byte[] body) {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._:~-]{0,199}");

    /**
     * All of an answer.
     *
     * @throws PilothouseException {@link GatewayError#UPSTREAM_FAILED} where it breaks off
     */
    static Told of(ProviderAnswer answer) {
        try {
            return new Told(answer.status(), answer.contentType(), answer.whole());
        } catch (UncheckedIOException e) {
            throw GatewayError.UPSTREAM_FAILED.because("The provider broke its answer off before the end.", e);
        }
    }

    static Told json(ObjectNode body) {
        return new Told(200, "application/json", Json.bytes(body));
    }

    boolean isOk() {
        return status == 200;
    }

    /**
     * The object that it answered.
     *
     * @throws PilothouseException {@link GatewayError#UPSTREAM_FAILED} where it has no id
     */
    ObjectNode document(String provider) {
        try {
            ObjectNode object = Json.parseObject(body);
            if (!id(object, "id").isEmpty()) {
                return object;
            }
        } catch (PilothouseException _) {
            // Said below, as of what has no id.
        }
        throw GatewayError.UPSTREAM_FAILED.because("'" + provider + "' answered what is no object with an id.");
    }

    /** An id of a provider that can stand in a path; empty for all else. */
    static String id(ObjectNode document, String member) {
        String id = document.path(member).asString("");
        return ID.matcher(id).matches() ? id : "";
    }

    /**
     * The same for a client. What a provider says of its key is nobody's affair, since the client's own is good.
     *
     * @throws PilothouseException {@link GatewayError#UPSTREAM_FAILED} where the provider refuses its key
     */
    Told shown(String provider) {
        if (status == 401 || status == 403) {
            throw GatewayError.UPSTREAM_FAILED.because("'" + provider + "' refuses the key that Pilothouse has for it ("
                    + status + "). Ask who keeps its secret.");
        }
        return this;
    }
}
