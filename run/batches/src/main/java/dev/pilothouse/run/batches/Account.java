package dev.pilothouse.run.batches;

import dev.pilothouse.pay.budgets.Scope;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.run.gateway.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * On whose account a batch goes: that of who made it, and of each line's own end user.
 *
 * @param maker without an end user
 */
record Account(Identity maker) {
    /** On whose account a line goes. */
    Identity of(String user) {
        return new Identity(
                maker.tenant(),
                maker.principal(),
                maker.key(),
                maker.units(),
                maker.agent(),
                maker.session(),
                user,
                maker.tags());
    }

    /** Whose budgets count a line. */
    Set<Scope> scopes(String user) {
        return of(user).scopes();
    }

    String json() {
        ObjectNode json = Json.object()
                .put("tenant", maker.tenant())
                .put("principal", maker.principal())
                .put("key", maker.key())
                .put("agent", maker.agent())
                .put("session", maker.session());
        maker.units().forEach(json.putArray("units")::add);
        maker.tags().forEach(json.putArray("tags")::add);
        return Json.write(json);
    }

    /** Reads {@link #json}. */
    static Account parse(String text) {
        JsonNode json = Json.parse(text);
        return new Account(new Identity(
                json.path("tenant").asString(),
                json.path("principal").asString(),
                json.path("key").asString(),
                texts(json.path("units")),
                json.path("agent").asString(),
                json.path("session").asString(),
                "",
                texts(json.path("tags"))));
    }

    private static List<String> texts(JsonNode array) {
        var texts = new ArrayList<String>();
        array.forEach(each -> texts.add(each.asString()));
        return texts;
    }
}
