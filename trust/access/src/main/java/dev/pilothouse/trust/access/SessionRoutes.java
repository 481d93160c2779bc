package dev.pilothouse.trust.access;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.http.SessionCookie;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Logging a browser in and out. */
public final class SessionRoutes {
    private final Sessions sessions;
    private final boolean tls;

    /**
     * Routes of sessions.
     *
     * @param tls whether this server itself speaks TLS, so that the cookie never leaves over plain HTTP
     */
    public SessionRoutes(Sessions sessions, boolean tls) {
        this.sessions = sessions;
        this.tls = tls;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api()
                .maxBody(4096)
                .on("POST", "/api/v1/session", Access.open(), "logIn", this::logIn)
                .on("GET", "/api/v1/session", Access.caller(), "getSession", this::session)
                .on("DELETE", "/api/v1/session", Access.caller(), "logOut", this::logOut);
    }

    private Reply logIn(Call call) {
        SessionCookie.refuseForeignLogin(call);
        JsonNode key = call.json().path("key");
        if (!key.isString() || key.stringValue().isBlank()) {
            throw CommonError.INVALID.because(
                    "The field 'key' is missing: the key to log in with, such as" + " {\"key\": \"ph_…\"}.");
        }
        Sessions.Begun begun = sessions.begin(key.stringValue().strip(), call.from());
        return Reply.json(201, json(begun.session()))
                .with("set-cookie", SessionCookie.give(begun.token(), Sessions.LIFE, call, tls))
                .with("cache-control", "no-store");
    }

    private Reply session(Call call) {
        Optional<String> token = token(call);
        Optional<Session> session = token.flatMap(sessions::find);
        if (token.isEmpty() || session.isEmpty()) {
            return Reply.json(AccessRoutes.json(call.caller())).with("cache-control", "no-store");
        }
        return Reply.json(json(session.get()))
                .with("set-cookie", SessionCookie.give(token.get(), Sessions.LIFE, call, tls))
                .with("cache-control", "no-store");
    }

    private Reply logOut(Call call) {
        token(call).ifPresent(sessions::end);
        return Reply.empty().with("set-cookie", SessionCookie.take(call, tls));
    }

    /** The token by which the call came; a key that comes beside one is who calls. */
    private static Optional<String> token(Call call) {
        boolean byKey = call.header("authorization").isPresent()
                || call.header("x-api-key").isPresent();
        return byKey ? Optional.empty() : SessionCookie.token(call);
    }

    private static ObjectNode json(Session session) {
        return AccessRoutes.json(session.caller())
                .put("expiresAt", session.expiresAt().toString())
                .put("keyId", session.keyId())
                .put("keyExpiresAt", session.keyExpiring().map(Object::toString).orElse(null));
    }
}
