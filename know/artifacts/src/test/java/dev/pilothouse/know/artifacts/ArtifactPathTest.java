package dev.pilothouse.know.artifacts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ArtifactPathTest {
    @Test
    void whatCouldLeaveTheRootIsRefused() {
        for (String bad : List.of(
                "..",
                "../x",
                "a/../b",
                "a/./b",
                "a//b",
                "/etc/passwd",
                "a\\b",
                "a\0b",
                "C:/x",
                "a/%2e%2e/b",
                "a%2Fb",
                "a\nb")) {
            assertThatThrownBy(() -> ArtifactPath.ofFile(bad)).as(bad).hasMessageContaining("Invalid path");
        }
        assertThatThrownBy(() -> ArtifactPath.ofFile("")).hasMessageContaining("names no file");
        assertThatThrownBy(() -> ArtifactPath.ofWritable("registry/x")).hasMessageContaining("never change");
    }

    @Test
    void ordinaryNamesPass() {
        for (String good :
                List.of("a", "1/3f/artifacts/model/MLmodel", "with space/ümläut.txt", "a..b/c...d", "100%.txt")) {
            assertThat(ArtifactPath.ofFile(good)).isEqualTo(good);
        }
        assertThat(ArtifactPath.ofUri("mlflow-artifacts:/1/2/artifacts")).isEqualTo("1/2/artifacts");
        assertThat(ArtifactPath.ofUri("mlflow-artifacts://host:80/1/2")).isEqualTo("1/2");
        assertThat(ArtifactPath.ofUri("s3://bucket/x")).isEmpty();
    }
}
