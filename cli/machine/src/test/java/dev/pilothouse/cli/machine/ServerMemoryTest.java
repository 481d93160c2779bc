package dev.pilothouse.cli.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerMemoryTest {
    @ParameterizedTest
    @CsvSource({"256m,80", "256MiB,80", "1g,848", "2G,1536"})
    void theHeapIsWhatTheRestOfJavaLeaves(String size, int heap) {
        assertThat(ServerMemory.parse(size).flags()).contains("-Xmx" + heap + "m");
    }

    @Test
    void aSmallServersQueriesGetAnEighth() {
        assertThat(ServerMemory.parse("256m").environment()).containsEntry("PILOTHOUSE_COLUMNS_MEMORY", "64MiB");
        assertThat(ServerMemory.parse("1g").environment()).containsEntry("PILOTHOUSE_COLUMNS_MEMORY", "128MiB");
        assertThat(ServerMemory.parse("2g").environment()).doesNotContainKey("PILOTHOUSE_COLUMNS_MEMORY");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "m", "256", "-256m", "256k", "1.5g", "9999999999g"})
    void whatIsNoSizeIsRefusedWithAnExample(String text) {
        assertThatThrownBy(() -> ServerMemory.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("256m");
    }

    @Test
    void tooLittleIsRefusedWithTheLeast() {
        assertThatThrownBy(() -> ServerMemory.parse("100m")).hasMessageContaining("240m");
    }
}
