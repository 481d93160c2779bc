package dev.pilothouse.cli.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfilesTest {
    @TempDir
    private Path home;

    private Map<String, String> environment;

    @BeforeEach
    void here() {
        environment = Map.of("XDG_CONFIG_HOME", home.toString());
    }

    @Test
    void aFileFromBeforeThereWereProfilesStillWorks() throws IOException {
        Path file = Profiles.file(environment);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "{\"server\":\"http://old:1\",\"key\":\"ph_old\"}");
        Profiles profiles = Profiles.load(environment);
        assertThat(profiles.find("")).contains(new Profile("http://old:1", "ph_old"));
        profiles.with("new", new Profile("http://new:2", "ph_new")).save(environment);
        Profiles again = Profiles.load(environment);
        assertThat(again.current()).isEqualTo("default");
        assertThat(again.all()).containsOnlyKeys("default", "new");
        assertThat(again.find("new")).contains(new Profile("http://new:2", "ph_new"));
    }

    @Test
    void onlyTheOwnerReadsTheFile() throws IOException {
        Profiles.load(environment).with("one", new Profile("http://a", "k")).save(environment);
        assertThat(java.nio.file.attribute.PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(Profiles.file(environment))))
                .isEqualTo("rw-------");
    }

    @Test
    void theFirstIsCurrentAndTheLastLeftBecomesIt() {
        Profiles two = Profiles.load(environment)
                .with("one", new Profile("http://a", "k"))
                .with("two", new Profile("http://b", "l"));
        assertThat(two.current()).isEqualTo("one");
        assertThat(two.using("two").current()).isEqualTo("two");
        assertThat(two.without("one").current()).isEqualTo("two");
    }

    @Test
    void anUnknownNameHearsTheNearest() {
        Profiles one = Profiles.load(environment).with("production", new Profile("http://a", "k"));
        assertThatThrownBy(() -> one.get("producton")).hasMessageContaining("'production'");
        assertThatThrownBy(() -> one.with("a/b", new Profile("http://a", "k"))).hasMessageContaining("letters");
    }

    @Test
    void aKeyIsInNoText() {
        assertThat(Profiles.load(environment)
                        .with("one", new Profile("http://a", "secret"))
                        .toString())
                .doesNotContain("secret");
    }

    @Test
    void aBrokenFileSaysWhatToDo() throws IOException {
        Path file = Profiles.file(environment);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "{broken");
        assertThatThrownBy(() -> Profiles.load(environment)).hasMessageContaining("pilot login");
    }
}
