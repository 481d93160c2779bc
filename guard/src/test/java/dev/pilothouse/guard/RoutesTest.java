package dev.pilothouse.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Route;
import dev.pilothouse.server.RouteMap;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The one map of routes, as the program fills it, and the document that describes our own API. */
class RoutesTest {
    /**
     * What anyone may ask without a key: health, schemas, the console's files and logging in, what MLflow clients ask before they log in, and addresses that
     * are a permission by themselves, signed for one file and for minutes.
     */
    private static final Set<String> OPEN = Set.of(
            "api.acceptInvitation",
            "api.getOpenApi",
            "api.getSchema",
            "api.logIn",
            "console.consoleAsset",
            "console.consoleHome",
            "console.consoleMark",
            "console.consolePage",
            "console.consoleRoot",
            "console.root",
            "edge.health",
            "edge.ready",
            "mlflow.downloadSignedArtifact",
            "mlflow.mlflowServerInfo",
            "mlflow.mlflowVersion",
            "mlflow.uploadArtifactPart",
            "oip.serverLive",
            "oip.serverReady");

    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch");

    private static List<Route> routes;
    private static JsonNode document;

    @BeforeAll
    static void read(@TempDir Path data) throws IOException {
        routes = RouteMap.of(data);
        try (InputStream in = RouteMap.class.getResourceAsStream("/openapi.yaml")) {
            document = YAMLMapper.builder().build().readTree(in);
        }
    }

    @Test
    void theDocumentDescribesEveryRouteOfOurApiAndNoOther() {
        var answered = new TreeMap<String, String>();
        for (Route route : routes) {
            if (route.protocol().equals("api")) {
                answered.put(
                        route.method() + " " + route.path().replace("{*", "{"),
                        route.operation() + " for " + role(route.access()));
            }
        }
        var described = new TreeMap<String, String>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(method -> {
                    assertThat(METHODS).contains(method.getKey());
                    described.put(
                            method.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey(),
                            method.getValue().path("operationId").asString() + " for "
                                    + method.getValue().path("x-role").asString());
                }));
        assertThat(described).isEqualTo(answered);
    }

    @Test
    void everyReferenceInTheDocumentHasATarget() {
        var dangling = new TreeSet<String>();
        check(document, dangling);
        assertThat(dangling).isEmpty();
    }

    private static void check(JsonNode node, Set<String> dangling) {
        if (node.path("$ref").isString()) {
            String target = node.path("$ref").asString();
            if (document.at(target.substring(1)).isMissingNode()) {
                dangling.add(target);
            }
        }
        node.forEach(child -> check(child, dangling));
    }

    @Test
    void everyParameterOfAPathIsDescribed() {
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue().forEach(operation -> {
                    var described = new TreeSet<String>();
                    operation.path("parameters").forEach(p -> {
                        if (p.path("in").asString().equals("path")) {
                            described.add("{" + p.path("name").asString() + "}");
                        }
                    });
                    var named = new TreeSet<String>();
                    java.util.regex.Pattern.compile("\\{\\w+\\}")
                            .matcher(path.getKey())
                            .results()
                            .forEach(m -> named.add(m.group()));
                    assertThat(described).as(path.getKey()).isEqualTo(named);
                }));
    }

    @Test
    void noTwoRoutesShareMethodAndPath() {
        var seen = new HashSet<String>();
        var twice = new ArrayList<String>();
        for (Route route : routes) {
            for (String prefix : route.prefixes()) {
                String place = route.method() + " " + prefix + route.path().replaceAll("\\{[^}]*\\}", "{}");
                if (!seen.add(place)) {
                    twice.add(place);
                }
            }
        }
        assertThat(twice).isEmpty();
    }

    @Test
    void operationNamesAreUniqueWithinTheirProtocol() {
        assertThat(routes)
                .extracting(route -> route.protocol() + "." + route.operation())
                .doesNotHaveDuplicates();
    }

    @Test
    void everyRouteNeedsAKeyButThoseThatAreListedAsOpen() {
        var open = new TreeSet<String>();
        for (Route route : routes) {
            if (route.access() instanceof Access.Open) {
                open.add(route.protocol() + "." + route.operation());
            }
        }
        assertThat(open).isEqualTo(new TreeSet<>(OPEN));
    }

    private static String role(Access access) {
        return switch (access) {
            case Access.Open _ -> "open";
            case Access.AnyCaller _ -> "caller";
            case Access.Holder(var role) -> role.label();
        };
    }
}
