package dev.pilothouse.ship.delivery;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.ship.releases.Release;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Environments of services over HTTP, and promotion between them. */
public final class EnvironmentRoutes {
    private final Delivery delivery;

    /** Routes to a delivery. */
    public EnvironmentRoutes(Delivery delivery) {
        this.delivery = delivery;
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api()
                .on(
                        "GET",
                        "/api/v1/services/{name}/environments",
                        Access.role(Role.VIEWER),
                        "listEnvironments",
                        this::list)
                .on(
                        "POST",
                        "/api/v1/services/{name}/promotions",
                        Access.role(Role.ENGINEER),
                        "promoteRelease",
                        this::promote);
    }

    private Reply list(Call call) {
        return Reply.json(
                EnvironmentViews.list(delivery.environments(call.caller().tenant(), call.param("name"))));
    }

    private Reply promote(Call call) {
        ObjectNode body = call.json();
        Bodies.known(body, Set.of("from", "to", "digest", "note", "supersede"));
        Release release = delivery.promotions()
                .promote(
                        call.caller(),
                        new Promotions.Request(
                                call.param("name"),
                                Bodies.text(body, "from"),
                                Bodies.text(body, "to"),
                                Bodies.text(body, "digest").map(Digest::parse),
                                Bodies.text(body, "note").orElse(""),
                                Bodies.flag(body, "supersede")));
        delivery.changed(release.tenant(), release.service());
        return Reply.json(201, delivery.releaseHead(release));
    }
}
