package dev.pilothouse.platform.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.platform.json.Json;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class RouteTableTest {
    @Test
    void twoOperationsOnOnePathAreRefusedAtStart() {
        var table = new RouteTable();
        table.api().on("GET", "/api/v1/x/{a}", Access.open(), "first", _ -> Reply.empty());
        assertThatThrownBy(() -> table.api().on("GET", "/api/v1/x/{b}", Access.open(), "second", _ -> Reply.empty()))
                .hasMessageContaining("api.first")
                .hasMessageContaining("api.second");
    }

    @Test
    void aRefusalTakesTheShapeOfTheLongestPrefixAbove() {
        ErrorShape outer = (_, _) -> Reply.text("outer");
        ErrorShape inner = (_, _) -> Reply.text("inner");
        var table = new RouteTable();
        table.protocol("outer", outer, "/a", "");
        table.protocol("inner", inner, "").fallback("/a/b");
        assertThat(table.shapeFor("/a/x")).isSameAs(outer);
        assertThat(table.shapeFor("/a/b/c")).isSameAs(inner);
        assertThat(table.shapeFor("/a/bc")).as("no whole segment").isSameAs(outer);
        assertThat(table.shapeFor("/z")).isNotIn(outer, inner);
    }

    @Test
    void whereNobodyKnowsTheProtocolARefusalHasTheMembersOfAll() {
        var table = new RouteTable();
        table.protocol(
                        "one",
                        (refusal, _) ->
                                refused(Json.object().put("error_code", "BAD").put("status", "one")),
                        "")
                .on("GET", "/one", Access.open(), "get", _ -> Reply.empty());
        table.protocol("two", (refusal, _) -> refused(Json.object().put("error", refusal.detail())), "")
                .on("GET", "/two", Access.open(), "get", _ -> Reply.empty());
        Reply reply = table.everyShape().render(CommonError.INVALID.because("No path."), "r1");
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.headers()).containsEntry("content-type", "application/problem+json");
        JsonNode body = Json.parse(((Reply.Body.Bytes) reply.body()).bytes());
        assertThat(body.path("status").asInt()).isEqualTo(400);
        assertThat(body.path("detail").asString()).isEqualTo("No path.");
        assertThat(body.path("error_code").asString()).isEqualTo("BAD");
        assertThat(body.path("error").asString()).isEqualTo("No path.");
    }

    private static Reply refused(JsonNode body) {
        return Reply.json(400, body);
    }
}
