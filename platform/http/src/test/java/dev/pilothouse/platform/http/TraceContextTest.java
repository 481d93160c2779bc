package dev.pilothouse.platform.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TraceContextTest {
    @Test
    void aTraceparentIsReadAsTheSpecificationSays() {
        String id = "4bf92f3577b34da6a3ce929d0e0e4736";
        String span = "00f067aa0ba902b7";
        assertThat(TraceContext.parse("00-" + id + "-" + span + "-01")).contains(new TraceContext(id, span, "01"));
        assertThat(TraceContext.parse("cc-" + id + "-" + span + "-01-later"))
                .as("a later version")
                .isPresent();
        assertThat(TraceContext.parse("00-" + id + "-" + span + "-01-later")).isEmpty();
        assertThat(TraceContext.parse("ff-" + id + "-" + span + "-01")).isEmpty();
        assertThat(TraceContext.parse("00-" + "0".repeat(32) + "-" + span + "-01"))
                .isEmpty();
        assertThat(TraceContext.parse(null)).isEmpty();
    }
}
