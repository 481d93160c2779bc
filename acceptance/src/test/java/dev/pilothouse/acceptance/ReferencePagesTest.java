package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.json.Json;
import dev.pilothouse.ship.spec.Schemas;
import dev.pilothouse.ship.spec.SpecReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The references of the service file and of the HTTP API are what their schemas say. {@code -Dreference.write=true} writes both
 * anew.
 */
class ReferencePagesTest {
    private static final Path REFERENCE = HowTo.repository().resolve("docs/reference");

    @Test
    void thePageOfTheServiceFileNamesEachKeyWithItsFormDefaultAndMeaning() throws IOException {
        var page = new StringBuilder("""
                # Service file

                Every key of `pilothouse.yaml`. Written from the JSON Schemas by `ReferencePagesTest` in `acceptance/`; change a schema, not
                this page. A server publishes them at `/api/v1/schemas/pilothouse.json`, where editors can read them: a comment
                `# yaml-language-server: $schema=http://localhost:8787/api/v1/schemas/pilothouse.json` as the file's first line tells them.

                A file may hold several documents, separated by `---`. Times are written `250ms`, `10s`, `5m`, `1h` or `2d`, shares `0.01`
                or `1%`. All mistakes of a file are told together, each with line and column; `pilot plan` shows what applying would change.

                """);
        for (String name : Schemas.NAMES) {
            if (!name.equals(Schemas.ANY)) {
                JsonNode schema = Json.parse(new String(Schemas.read(name), StandardCharsets.UTF_8));
                page.append("## ")
                        .append(schema.at("/properties/kind/const").asString())
                        .append("\n\n");
                page.append(schema.path("description").asString()).append("\n\n");
                page.append("| key | value | default | meaning |\n|---|---|---|---|\n");
                rows(page, schema, schema, "");
                page.append('\n');
            }
        }
        same(REFERENCE.resolve("service-file.md"), page.toString().strip() + "\n");
    }

    private static void rows(StringBuilder page, JsonNode root, JsonNode node, String path) {
        for (var property : node.path("properties").properties()) {
            JsonNode of = resolved(root, property.getValue());
            String below = path.isEmpty() ? property.getKey() : path + "." + property.getKey();
            boolean needed = contains(node.path("required"), property.getKey());
            page.append("| `").append(below).append("` | ").append(form(root, property.getValue()));
            page.append(needed ? ", needed" : "").append(" | ").append(fallback(property.getValue(), of));
            page.append(" | ").append(text(property.getValue(), of)).append(" |\n");
            rows(page, root, of, below);
            if (of.path("items").isObject()) {
                rows(page, root, resolved(root, of.path("items")), below + "[]");
            }
        }
    }

    private static boolean contains(JsonNode names, String name) {
        return names.valueStream().anyMatch(one -> one.asString().equals(name));
    }

    private static JsonNode resolved(JsonNode root, JsonNode node) {
        String reference = node.path("$ref").asString("");
        return reference.isEmpty() ? node : root.at(reference.substring(1));
    }

    private static String form(JsonNode root, JsonNode node) {
        String reference = node.path("$ref").asString("");
        if (!reference.isEmpty()) {
            String name = reference.substring(reference.lastIndexOf('/') + 1);
            return name.equals("bounds") ? "mapping" : name.equals("duration") ? "time" : name;
        }
        if (node.has("const")) {
            return "`" + node.path("const").asString() + "`";
        }
        if (node.has("enum")) {
            return String.join(
                    ", ",
                    node.path("enum")
                            .valueStream()
                            .map(v -> "`" + v.asString() + "`")
                            .toList());
        }
        if (node.path("type").asString("").equals("object") || node.has("properties")) {
            return "mapping";
        }
        if (node.has("anyOf")) {
            return String.join(
                    " or ",
                    node.path("anyOf").valueStream().map(one -> form(root, one)).toList());
        }
        if (node.path("type").isArray()) {
            List<String> types =
                    node.path("type").valueStream().map(JsonNode::asString).toList();
            return types.contains("object") ? "mapping" : String.join(" or ", types);
        }
        String type = node.path("type").asString("");
        String range = node.has("minimum") && node.has("maximum")
                ? " from " + node.path("minimum").asString() + " to "
                        + node.path("maximum").asString()
                : node.has("minimum") ? " from " + node.path("minimum").asString() : "";
        return switch (type) {
            case "array" -> "list";
            case "integer" -> "whole number" + range;
            case "string" -> "text";
            default -> type + range;
        };
    }

    private static String fallback(JsonNode node, JsonNode resolved) {
        JsonNode value = node.has("default") ? node.path("default") : resolved.path("default");
        return value.isMissingNode() ? "" : "`" + (value.isString() ? value.stringValue() : value.toString()) + "`";
    }

    private static String text(JsonNode node, JsonNode resolved) {
        String own = node.path("description").asString("");
        return (own.isEmpty() ? resolved.path("description").asString("") : own).replace("|", "\\|");
    }

    @Test
    void thePageOfTheApiNamesEachOperationWithItsRoleAndParameters() throws IOException {
        JsonNode document;
        try (InputStream in = SpecReader.class.getResourceAsStream("/openapi.yaml")) {
            document = new YAMLMapper().readTree(in);
        }
        var page = new StringBuilder("""
                # HTTP API

                Pilothouse's own API, `/api/v1`. Written from `openapi.yaml` by `ReferencePagesTest` in `acceptance/`; change that file, not this
                page. A server publishes it at `/api/v1/openapi.yaml`. MLflow's and the Open Inference Protocol's paths are described by their
                owners.

                """);
        page.append(document.path("info").path("description").asString()).append("\n\n");
        page.append("""
                A key is sent as `Authorization: Bearer KEY`, as password of Basic, or as `x-api-key`. Errors are problems (RFC 9457) with `title`,
                `detail`, `code` and, for bad input, all `problems` together. Lists answer `{"items": […], "next": cursor or null}`.
                """);
        var byTag = new TreeMap<String, List<String>>();
        for (var path : document.path("paths").properties()) {
            for (var method : path.getValue().properties()) {
                JsonNode operation = method.getValue();
                if (operation.isObject() && operation.has("operationId")) {
                    byTag.computeIfAbsent(operation.path("tags").path(0).asString("other"), _ -> new ArrayList<>())
                            .add(operation(document, path.getKey(), method.getKey(), path.getValue(), operation));
                }
            }
        }
        byTag.forEach((tag, operations) -> {
            page.append("\n## ")
                    .append(tag.substring(0, 1).toUpperCase(Locale.ROOT))
                    .append(tag.substring(1))
                    .append('\n');
            operations.forEach(page::append);
        });
        same(REFERENCE.resolve("http-api.md"), page.toString());
    }

    private static String operation(
            JsonNode document, String path, String method, JsonNode shared, JsonNode operation) {
        var text = new StringBuilder("\n### ")
                .append(method.toUpperCase(Locale.ROOT))
                .append(' ')
                .append(path)
                .append("\n");
        text.append(operation.path("summary").asString("")).append('\n');
        String more = operation.path("description").asString("").strip();
        if (!more.isEmpty()) {
            text.append('\n').append(more).append('\n');
        }
        String roles = operation.has("x-any-role")
                ? String.join(
                        " or ",
                        operation
                                .path("x-any-role")
                                .valueStream()
                                .map(JsonNode::asString)
                                .toList())
                : operation.path("x-role").asString("");
        text.append("\nNeeds: ")
                .append(roles.equals("open") ? "no key" : roles.equals("caller") ? "any key" : "role " + roles);
        text.append(". Operation `")
                .append(operation.path("operationId").asString())
                .append("`.\n");
        var parameters = new ArrayList<JsonNode>();
        shared.path("parameters").valueStream().forEach(parameters::add);
        operation.path("parameters").valueStream().forEach(parameters::add);
        if (!parameters.isEmpty()) {
            text.append("\n| parameter | in | value | meaning |\n|---|---|---|---|\n");
            for (JsonNode given : parameters) {
                JsonNode parameter = resolved(document, given);
                text.append("| `").append(parameter.path("name").asString()).append("` | ");
                text.append(parameter.path("in").asString()).append(" | ");
                text.append(form(document, parameter.path("schema")));
                text.append(parameter.path("required").asBoolean(false) ? ", needed" : "")
                        .append(" | ");
                text.append(text(parameter, parameter)).append(" |\n");
            }
        }
        var answers = new ArrayList<String>();
        var problems = new ArrayList<String>();
        for (var response : operation.path("responses").properties()) {
            String described =
                    resolved(document, response.getValue()).path("description").asString("");
            if (response.getValue().path("$ref").asString("").endsWith("/Problem")) {
                problems.add(response.getKey().equals("default") ? "others" : "`" + response.getKey() + "`");
            } else {
                answers.add("`" + response.getKey() + "` " + described.replaceAll("\\.$", ""));
            }
        }
        text.append("\nAnswers: ").append(String.join("; ", answers)).append('.');
        return text.append(problems.isEmpty() ? "" : " Problems: " + String.join(", ", problems) + ".")
                .append('\n')
                .toString();
    }

    private static void same(Path file, String page) throws IOException {
        if (Boolean.getBoolean("reference.write")) {
            Files.writeString(file, page);
        }
        assertThat(Files.exists(file) ? Files.readString(file) : "")
                .as("write it anew: mvn -pl acceptance test -Dtest=ReferencePagesTest -Dreference.write=true")
                .isEqualTo(page);
    }
}
