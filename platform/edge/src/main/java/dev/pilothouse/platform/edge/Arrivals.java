package dev.pilothouse.platform.edge;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.pilothouse.kernel.Ids;
import dev.pilothouse.platform.http.RequestInfo;
import dev.pilothouse.platform.http.TraceContext;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads what a request says of itself: its id, its trace, the key it brings. */
final class Arrivals {
    static final AsciiString REQUEST_ID = AsciiString.cached("x-request-id");
    private static final AsciiString TRACEPARENT = AsciiString.cached("traceparent");
    private static final AsciiString API_KEY = AsciiString.cached("x-api-key");
    private static final int LONGEST_ID = 128;

    private final Ids ids;
    private final TrustedProxies proxies;

    Arrivals(Ids ids, TrustedProxies proxies) {
        this.ids = ids;
        this.proxies = proxies;
    }

    /** Gives the request its id and trace, and puts the id on its response, whatever that will be. */
    RequestInfo greet(ServiceRequestContext context, RequestHeaders headers) {
        return greet(context, headers, false);
    }

    /**
     * As {@link #greet(ServiceRequestContext, RequestHeaders)}.
     *
     * @param mayRest whether the client may send nothing for long, as in a stream of both directions
     */
    RequestInfo greet(ServiceRequestContext context, RequestHeaders headers, boolean mayRest) {
        if (RequestInfo.isKnown(context)) {
            return RequestInfo.of(context);
        }
        String id = requestId(headers);
        var trace = TraceContext.parse(headers.get(TRACEPARENT)).orElseGet(this::begin);
        var info = new RequestInfo(
                id, trace, proxies.client(context.remoteAddress().getAddress(), headers), RequestInfo.ANONYMOUS);
        info.attach(context);
        ConnectionWatch.arrived(context, mayRest);
        context.setAdditionalResponseHeader(REQUEST_ID, id);
        return info;
    }

    /** The id the client chose, where it is at most 128 visible ASCII characters, else a new one. */
    String requestId(@Nullable RequestHeaders headers) {
        String sent = headers == null ? null : headers.get(REQUEST_ID);
        if (sent == null || sent.isEmpty() || sent.length() > LONGEST_ID) {
            return ids.next();
        }
        return sent.chars().allMatch(c -> c > 0x20 && c < 0x7f) ? sent : ids.next();
    }

    private TraceContext begin() {
        String id = ids.next();
        return new TraceContext(id, id.substring(16), "01");
    }

    /** The key, from Bearer, the password of Basic, or {@code x-api-key}; empty where none is sent. */
    static Optional<String> key(RequestHeaders headers) {
        String authorization = headers.get(HttpHeaderNames.AUTHORIZATION);
        if (authorization != null) {
            int space = authorization.indexOf(' ');
            String scheme = space < 0 ? "" : authorization.substring(0, space).toLowerCase(Locale.ROOT);
            String credentials = authorization.substring(space + 1).strip();
            return switch (scheme) {
                case "bearer" -> credentials.isEmpty() ? Optional.empty() : Optional.of(credentials);
                case "basic" -> password(credentials);
                default -> Optional.empty();
            };
        }
        return Optional.ofNullable(headers.get(API_KEY)).map(String::strip).filter(key -> !key.isEmpty());
    }

    private static Optional<String> password(String credentials) {
        try {
            String pair = new String(Base64.getDecoder().decode(credentials), StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            return colon < 0 || colon == pair.length() - 1 ? Optional.empty() : Optional.of(pair.substring(colon + 1));
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
    }
}
