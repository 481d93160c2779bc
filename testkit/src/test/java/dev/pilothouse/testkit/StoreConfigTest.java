package dev.pilothouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pilothouse.platform.store.StoreConfig;
import dev.pilothouse.platform.store.Stores;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreConfigTest {
    @Test
    void aPasswordIsNeverPrinted() {
        assertThat(StoreConfig.at("postgresql://ada:s3cret@db:5432/pilot").toString())
                .contains("ada:***@db:5432/pilot")
                .doesNotContain("s3cret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "mysql://h/d", "postgresql://", "postgresql://host", "postgresql://a:b c@h/d"})
    void aUrlThatNamesNoDatabaseIsRefusedWithWhatToWrite(String url) {
        assertThatThrownBy(() -> StoreConfig.at(url))
                .hasMessageContaining("postgresql://user:password@host:port/database");
    }

    @Test
    void aServerThatIsNotThereIsNamedWithoutThePassword() {
        assertThatThrownBy(() -> Stores.open(StoreConfig.at("postgresql://ada:s3cret@127.0.0.1:1/pilot"), List.of()))
                .hasMessageContaining("postgresql://ada:***@127.0.0.1:1/pilot cannot be reached")
                .hasMessageNotContaining("s3cret");
    }
}
