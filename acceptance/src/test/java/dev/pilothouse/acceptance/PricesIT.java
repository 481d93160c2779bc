package dev.pilothouse.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Prices come in by files, are looked up, and disagree; by the command line and over HTTP. */
class PricesIT {
    private static final String LITELLM = """
            {"gpt-x": {"litellm_provider": "openai", "input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06,
                       "input_cost_per_token_flex": 1e-06},
             "claude-x": {"litellm_provider": "anthropic", "input_cost_per_token": 3e-06},
             "broken": {"litellm_provider": "openai", "input_cost_per_token": -1}}
            """;
    private static final String GENAI = """
            [{"id": "openai", "models": [{"id": "gpt-x", "match": {"equals": "gpt-x"},
               "prices": {"input_mtok": 2.5, "output_mtok": 8}}]}]
            """;

    @TempDir
    private Path folder;

    private PackagedServer server;

    @BeforeEach
    void start() {
        server = PackagedServer.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void importedPricesAreListedShownAndComparedAndAreOnTheLedger() throws IOException {
        JsonNode first = pilot("prices", "import", file("p.json", LITELLM), "--format", "litellm", "-o", "json")
                .done()
                .json();
        assertThat(first.path("read").asInt()).isEqualTo(3);
        assertThat(first.path("notes").toString()).contains("broken", "not negative");
        assertThat(pilot("prices", "list", "--provider", "openai").done().out())
                .containsPattern("openai/gpt-x +standard +ever +2.00 +8.00")
                .containsPattern("openai/gpt-x +flex +ever +1.00")
                .doesNotContain("claude");
        assertThat(pilot("prices", "list", "--model", "claude*", "-o", "json")
                        .done()
                        .json()
                        .path("items")
                        .path(0)
                        .path("nanoUsdPerMillion")
                        .path("input")
                        .asString())
                .isEqualTo("3000000000");
        assertThat(pilot("prices", "show", "openai/gpt-x").done().out())
                .containsPattern("input +2.00 +a million tokens");
        assertThat(pilot("prices", "show", "openai/gpt-y").ended(1).err()).contains("unpriced");
        assertThat(pilot("prices", "conflicts").done().err()).contains("No two sources disagree");

        var second =
                pilot("prices", "import", file("g.json", GENAI), "--format", "genai-prices", "--date", "2026-11-01");
        assertThat(second.done().out()).contains("nothing changed");
        assertThat(pilot("prices", "conflicts").done().out())
                .containsPattern("openai/gpt-x +standard +input +2.00 +litellm +2.50 +genai-prices")
                .doesNotContain("output");

        pilot("prices", "import", file("c.yaml", """
                prices:
                  - {provider: openai, model: gpt-x, effective-from: 2026-12-01, usd-per-million: {input: 1.8, output: 7}}
                """), "--format", "overlay", "--source", "contract")
                .done();
        assertThat(pilot("prices", "list", "--model", "gpt-x", "--at", "2026-12-01")
                        .done()
                        .out())
                .contains("1.80")
                .doesNotContain("litellm\n2.00");
        String old = first.path("version").path("version").asString();
        assertThat(pilot("prices", "list", "--table", old).done().out())
                .contains("2.00")
                .doesNotContain("1.80");
        assertThat(pilot("prices", "versions").done().out())
                .containsPattern("2 +[0-9a-f]{12} +contract +overlay")
                .containsPattern("1 +" + old + " +litellm +litellm");
        await().untilAsserted(() -> assertThat(
                        server.client().get("/api/v1/ledger/entries?limit=100").text())
                .contains("prices.imported", "prices/contract"));
    }

    @Test
    void anArchiveOfModelsDevIsImportedWholeAndOneFileByItsPath() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(bytes)) {
            for (String model : List.of("a", "b")) {
                zip.putNextEntry(new ZipEntry("models.dev-dev/providers/openai/models/" + model + ".toml"));
                zip.write("[cost]\ninput = 1.5\noutput = 3\n".getBytes(StandardCharsets.UTF_8));
            }
        }
        Path archive = Files.write(folder.resolve("models.zip"), bytes.toByteArray());
        pilot("prices", "import", archive.toString(), "--format", "models.dev").done();
        Path models = Files.createDirectories(folder.resolve("providers/openai/models"));
        Path one = Files.writeString(models.resolve("b.toml"), "[cost]\ninput = 2\noutput = 3\n");
        pilot("prices", "import", one.toString(), "--format", "models.dev").done();
        assertThat(pilot("prices", "list").done().out())
                .containsPattern("openai/a +standard +ever +1.50")
                .containsPattern("openai/b +standard +ever +2.00");
    }

    @Test
    void wrongFilesWrongWordsAndWrongRolesAreToldWhatIsWrong() throws IOException {
        String good = file("p.json", LITELLM);
        assertThat(pilot("prices", "import", good, "--format", "litelm")
                        .ended(2)
                        .err())
                .contains("'litellm'", "request id");
        assertThat(pilot("prices", "import", good, "--format", "genai-prices")
                        .ended(2)
                        .err())
                .contains("list of providers");
        assertThat(pilot("prices", "import", file("cut.json", LITELLM.substring(0, 90)), "--format", "litellm")
                        .ended(2)
                        .err())
                .contains("not valid JSON");
        assertThat(pilot("prices", "import", good, "--format", "litellm", "--date", "soon")
                        .ended(2)
                        .err())
                .contains("'soon' is no day");
        assertThat(pilot("prices", "import", "none.json", "--format", "litellm")
                        .ended(2)
                        .err())
                .contains("none.json");
        assertThat(pilot("prices", "import", good).ended(2).err()).contains("--format");
        assertThat(pilot("prices", "import", file("c.yaml", """
                        prices:
                          - {provider: openai, model: gpt-x, usd-per-million: {inptu: 1}}
                          - {provider: openai, model: gpt y, usd-per-million: {input: -1}}
                        """), "--format", "overlay")
                        .ended(2)
                        .err())
                .contains("prices[0].usd-per-million.inptu", "'input'", "prices[1]");
        Client engineer = server.client().principal("eve", "engineer");
        assertThat(server.cli()
                        .as(engineer.key())
                        .pilot("prices", "import", good, "--format", "litellm")
                        .ended(4)
                        .err())
                .contains("admin");
        server.client().get("/api/v1/prices?cursor=x").expect(400);
        server.client().get("/api/v1/prices?version=000000000000").expect(404);
        assertThat(pilot("prices", "versions").done().err()).contains("No prices were imported yet");
    }

    @Test
    void pagesOfOneListingAreOfOneVersionAndAnotherTenantSeesNothing() throws IOException {
        pilot("prices", "import", file("p.json", LITELLM), "--format", "litellm")
                .done();
        Client owner = server.client();
        JsonNode page = owner.get("/api/v1/prices?limit=2").expect(200).json();
        pilot(
                        "prices",
                        "import",
                        file("c.yaml", "prices: [{provider: a, model: m, usd-per-million: {input: 1}}]"),
                        "--format",
                        "overlay")
                .done();
        var models = new ArrayList<String>();
        page.path("items").forEach(price -> models.add(price.path("model").asString()));
        JsonNode rest = owner.get(
                        "/api/v1/prices?limit=2&cursor=" + page.path("next").asString())
                .expect(200)
                .json();
        rest.path("items").forEach(price -> models.add(price.path("model").asString()));
        assertThat(models).containsExactly("claude-x", "gpt-x", "gpt-x");
        assertThat(rest.path("version")).isEqualTo(page.path("version"));
        assertThat(rest.path("next").isNull()).isTrue();

        Client stranger = owner.as(owner.post("/api/v1/organisations", "{\"name\":\"other\"}")
                .expect(201)
                .json()
                .path("key")
                .asString());
        for (String path : List.of("", "/versions", "/conflicts")) {
            assertThat(stranger.get("/api/v1/prices" + path)
                            .expect(200)
                            .json()
                            .path("items")
                            .isEmpty())
                    .as(path)
                    .isTrue();
        }
        stranger.get("/api/v1/prices?version=" + page.path("version").asString())
                .expect(404);
    }

    private Cli.Result pilot(String... words) {
        return server.cli().pilot(words);
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }
}
