package dev.pilothouse.know.registry;

import dev.pilothouse.platform.json.Json;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Models and versions as MLflow's JSON. */
final class RegistryJson {
    private RegistryJson() {}

    static ObjectNode model(RegisteredModel model, List<StoredVersion> newestFirst) {
        ObjectNode json = Json.object()
                .put("name", model.name())
                .put("creation_timestamp", model.createdAt())
                .put("last_updated_timestamp", model.updatedAt())
                .put("user_id", model.createdBy());
        if (!model.description().isEmpty()) {
            json.put("description", model.description());
        }
        var latest = json.putArray("latest_versions");
        ModelVersions.latest(newestFirst, Stages.ALL).forEach(version -> latest.add(version(version)));
        var tags = json.putArray("tags");
        model.tags().forEach((key, value) -> tags.addObject().put("key", key).put("value", value));
        var aliases = json.putArray("aliases");
        model.aliases()
                .forEach((alias, version) ->
                        aliases.addObject().put("alias", alias).put("version", Integer.toString(version)));
        return json;
    }

    static ObjectNode version(StoredVersion version) {
        ObjectNode json = Json.object()
                .put("name", version.model())
                .put("version", Integer.toString(version.version()))
                .put("creation_timestamp", version.createdAt())
                .put("last_updated_timestamp", version.updatedAt())
                .put("user_id", version.createdBy())
                .put("current_stage", version.stage())
                .put("description", version.description())
                .put("source", version.source())
                .put("run_id", version.run())
                .put("status", "READY")
                .put("run_link", version.runLink());
        if (!version.loggedModel().isEmpty()) {
            json.put("model_id", version.loggedModel());
        }
        var tags = json.putArray("tags");
        version.tags().forEach((key, value) -> tags.addObject().put("key", key).put("value", value));
        var aliases = json.putArray("aliases");
        version.aliases().forEach(aliases::add);
        return json;
    }
}
