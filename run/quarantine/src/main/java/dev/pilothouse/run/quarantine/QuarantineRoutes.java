package dev.pilothouse.run.quarantine;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The quarantine over HTTP. */
public final class QuarantineRoutes {
    private final Quarantine quarantine;

    /** Routes of the quarantine. */
    public QuarantineRoutes(Quarantine quarantine) {
        this.quarantine = quarantine;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api()
                .on("GET", "/api/v1/quarantine", Access.role(Role.VIEWER), "listQuarantine", this::list)
                .on(
                        "POST",
                        "/api/v1/quarantine/{graph}/release",
                        Access.role(Role.ENGINEER),
                        "releaseFromQuarantine",
                        this::release);
    }

    private Reply list(Call call) {
        ObjectNode body = Json.object();
        ArrayNode items = body.putArray("items");
        for (SuspectModel model : quarantine.list(call.caller().tenant())) {
            items.addObject()
                    .put("graph", model.graph().toString())
                    .put("label", model.label())
                    .put("state", model.quarantinedAt().isPresent() ? "quarantined" : "suspect")
                    .put("crashes", model.crashes())
                    .put("interruptions", model.interruptions())
                    .put("lastAt", model.lastAt().toString())
                    .put(
                            "quarantinedAt",
                            model.quarantinedAt().map(Object::toString).orElse(null));
        }
        return Reply.json(body.putNull("next"));
    }

    private Reply release(Call call) {
        String reason = call.json().path("reason").asString("").strip();
        if (reason.isEmpty()) {
            throw CommonError.INVALID.because(
                    "A release from quarantine needs a 'reason', which stays on the ledger, such as"
                            + " {\"reason\": \"the host had too little memory\"}.");
        }
        quarantine.release(call.caller(), Digest.parse(call.param("graph")), reason);
        return Reply.empty();
    }
}
