package dev.pilothouse.trust.invitations;

import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.trust.access.KeyRoutes;
import dev.pilothouse.trust.access.RequestFields;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Invitations over HTTP. Accepting one needs no key: the invitation is the permission. */
public final class InvitationRoutes {
    /**
     * Where the console's page for it is, below the server's address. The secret stands behind the {@code #}, which browsers
     * send to no server and no log keeps.
     */
    private static final String PAGE = "/console/invitation#";

    private final Invitations invitations;

    /** Routes of invitations. */
    public InvitationRoutes(Invitations invitations) {
        this.invitations = invitations;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api()
                .maxBody(16 << 10)
                .on("POST", "/api/v1/invitations", Access.role(Role.ADMIN), "invite", this::invite)
                .on("GET", "/api/v1/invitations", Access.role(Role.ADMIN), "listInvitations", this::list)
                .on("POST", "/api/v1/invitations/accept", Access.open(), "acceptInvitation", this::accept)
                .on("DELETE", "/api/v1/invitations/{id}", Access.role(Role.ADMIN), "revokeInvitation", this::revoke);
    }

    private Reply invite(Call call) {
        ObjectNode body = RequestFields.fields(call, "name", "roles", "expiresIn");
        Invitations.Made made = invitations.invite(
                call.caller(),
                RequestFields.required(body, "name"),
                RequestFields.roles(body),
                RequestFields.duration(body, "expiresIn"));
        return Reply.json(
                        201, json(made.invitation()).put("token", made.token()).put("path", PAGE + made.token()))
                .with("cache-control", "no-store");
    }

    private Reply list(Call call) {
        int limit = RequestFields.limit(call);
        return RequestFields.page(
                invitations.list(call.caller(), RequestFields.cursor(call), limit), limit, this::json, Invitation::id);
    }

    private Reply accept(Call call) {
        ObjectNode body = RequestFields.fields(call, "token");
        return Reply.json(201, KeyRoutes.json(invitations.accept(RequestFields.required(body, "token"), call.from())))
                .with("cache-control", "no-store");
    }

    private Reply revoke(Call call) {
        invitations.revoke(call.caller(), call.param("id"));
        return Reply.empty();
    }

    private ObjectNode json(Invitation invitation) {
        ObjectNode body = Json.object()
                .put("id", invitation.id())
                .put("name", invitation.name().isEmpty() ? null : invitation.name())
                .put("state", invitation.stateAt(invitations.now()).label());
        ArrayNode roles = body.putArray("roles");
        invitation.roles().stream().sorted().forEach(role -> roles.add(role.label()));
        return body.put("invitedBy", invitation.invitedBy())
                .put("createdAt", invitation.createdAt().toString())
                .put("expiresAt", invitation.expiresAt().toString())
                .put("principal", invitation.principal().orElse(null));
    }
}
