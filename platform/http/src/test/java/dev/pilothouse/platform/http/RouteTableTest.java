package dev.pilothouse.platform.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

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
}
