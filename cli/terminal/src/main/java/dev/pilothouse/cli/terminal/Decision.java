package dev.pilothouse.cli.terminal;

import dev.pilothouse.platform.json.Json;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a person decides about something that waits for it, with a comment for the ledger. For one command. */
public final class Decision {
    @Option(names = "--comment", paramLabel = "TEXT", defaultValue = "", description = "For the ledger.")
    private String comment = "";

    /**
     * Decides.
     *
     * @param approval the id of what waits
     * @param decision {@code approve} or {@code reject}
     * @return the approval as it stands now
     */
    public JsonNode send(Api api, String approval, String decision) {
        ObjectNode body = Json.object().put("decision", decision);
        if (!comment.isEmpty()) {
            body.put("comment", comment);
        }
        return api.post("/api/v1/approvals/" + Api.encode(approval), body);
    }
}
