package dev.pilothouse.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pilothouse.platform.edge.Edge;
import dev.pilothouse.platform.edge.EdgeConfig;
import dev.pilothouse.platform.http.RouteTable;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How the console's files are served; what they do is tried in a browser by {@code console/test}. */
class ConsoleRoutesTest {
    private static final Pattern SCRIPT = Pattern.compile("src=\"\\./(assets/[^\"]+\\.js)\"");

    private final HttpClient client = HttpClient.newHttpClient();
    private Edge edge;

    @BeforeEach
    void start() {
        assumeTrue(new ConsoleFiles().find("index.html").isPresent(), "the console was left out of this build");
        var routes = new RouteTable();
        new ConsoleRoutes().addTo(routes);
        edge = Edge.start(EdgeConfig.onPort(0), routes, _ -> CompletableFuture.completedFuture(Optional.empty()));
    }

    @AfterEach
    void stop() {
        client.close();
        if (edge != null) {
            edge.close();
        }
    }

    @Test
    void everyAddressOfTheConsoleIsItsPageAndNamesItsFolder() throws Exception {
        assertThat(get("/").body()).contains("<base href=\"console/\" />");
        assertThat(get("/console").body()).contains("<base href=\"console/\" />");
        assertThat(get("/console/").body()).contains("<base href=\"./\" />");
        assertThat(get("/console/ledger").body()).contains("<base href=\"./\" />");
        assertThat(get("/console/services/fraud/releases/1").body()).contains("<base href=\"../../../\" />");
    }

    @Test
    void aProxyNamesThePathThatItServesUsBelow() throws Exception {
        assertThat(get("/console/services/fraud", "x-forwarded-prefix", "/ml/pilothouse")
                        .body())
                .contains("<base href=\"/ml/pilothouse/console/\" />");
        assertThat(get("/", "x-forwarded-prefix", "//evil.example").body()).contains("<base href=\"console/\" />");
        assertThat(get("/", "x-forwarded-prefix", "/a\"><script>").body()).contains("<base href=\"console/\" />");
    }

    @Test
    void onlyScriptsAndStylesOfOurOwnFilesRun() throws Exception {
        HttpResponse<String> page = get("/");
        assertThat(page.headers().firstValue("content-security-policy").orElseThrow())
                .contains("default-src 'self'")
                .contains("frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(page.headers().firstValue("x-content-type-options")).contains("nosniff");
        assertThat(page.headers().firstValue("referrer-policy")).contains("same-origin");
        assertThat(page.headers().firstValue("cache-control")).contains("no-cache");
        assertThat(page.body())
                .doesNotContain("<style")
                .doesNotContain("onload=")
                .doesNotContain("style=");
    }

    @Test
    void filesNamedByTheirHashAreKeptForEverAndCompressed() throws Exception {
        Matcher script = SCRIPT.matcher(get("/").body());
        assertThat(script.find()).isTrue();
        HttpResponse<String> file = get("/console/" + script.group(1), "accept-encoding", "gzip");
        assertThat(file.statusCode()).isEqualTo(200);
        assertThat(file.headers().firstValue("cache-control").orElseThrow()).contains("immutable");
        assertThat(file.headers().firstValue("content-encoding")).contains("gzip");
        assertThat(file.headers().firstValue("content-type").orElseThrow()).startsWith("text/javascript");
    }

    @Test
    void aFileThatIsNotThereIsAnErrorAndNotThePage() throws Exception {
        assertThat(get("/console/assets/gone-123.js").statusCode()).isEqualTo(404);
        assertThat(get("/console/assets/..%2findex.html").statusCode()).isIn(400, 404);
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(edge.address().resolve(path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }
}
