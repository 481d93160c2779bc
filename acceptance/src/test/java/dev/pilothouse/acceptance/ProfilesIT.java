package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of {@code docs/how-to/use-several-servers.md}. */
class ProfilesIT {
    @TempDir
    private Path home;

    @Test
    void eachProfileSpeaksToItsServerWithItsKey() throws IOException {
        HowTo page = HowTo.page("use-several-servers.md");
        List<String[]> storing = page.pilot(0);
        List<String[]> using = page.pilot(1);
        try (var server = PackagedServer.start()) {
            var admin = new Cli(server.address(), server.key(), home);
            var bob = admin.as(server.client().principal("bob", "viewer").key());
            bob.pilot(storing.get(0)).done();
            admin.pilot(storing.get(1)).done();
            assertThat(Files.getPosixFilePermissions(home.resolve("pilothouse/config.json")))
                    .hasSize(2);

            // From here on nothing but the profiles names a server or a key.
            Cli.Result list = admin.pilotWith(Map.of(), storing.get(2)).done();
            assertThat(list.out())
                    .contains("production", "staging")
                    .containsPattern("staging +\\S+ +current")
                    .doesNotContain(server.key());
            admin.pilotWith(Map.of(), using.get(0)).done();
            assertThat(admin.pilotWith(Map.of(), using.get(1)).done().out()).startsWith("admin");
            assertThat(admin.pilotWith(Map.of(), using.get(2)).done().out()).startsWith("bob");
            assertThat(admin.pilotWith(Map.of("PILOTHOUSE_PROFILE", "staging"), "whoami")
                            .done()
                            .out())
                    .startsWith("bob");
            assertThat(admin.pilotWith(Map.of(), "whoami", "--profile", "stagin")
                            .ended(2)
                            .err())
                    .contains("'stagin'")
                    .contains("staging");

            // A stored key goes to its own server only.
            assertThat(admin.pilotWith(
                                    Map.of(),
                                    "whoami",
                                    "--server",
                                    server.address().toString().replace("127.0.0.1", "localhost"))
                            .ended(4)
                            .err())
                    .contains("pilot login");
            admin.pilotWith(Map.of(), page.pilot(2).getFirst()).done();
            assertThat(admin.pilotWith(Map.of(), "whoami", "--profile", "staging")
                            .ended(2)
                            .err())
                    .contains("There is no profile 'staging'");
        }
    }
}
