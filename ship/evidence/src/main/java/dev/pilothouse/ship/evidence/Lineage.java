package dev.pilothouse.ship.evidence;

import dev.pilothouse.kernel.PilothouseException;
import dev.pilothouse.know.datasets.Datasets;
import dev.pilothouse.know.registry.ModelLineage;
import dev.pilothouse.know.tracking.RunLineage;
import dev.pilothouse.platform.json.Json;
import dev.pilothouse.ship.releases.ReleaseLineage;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * The way of a model: dataset version, run that read it, model version that the run made, release that shipped it, service
 * that has it in production. Joined from what each capability knows, as a graph of nodes and links. Not thread-safe: one
 * for each answer.
 */
final class Lineage {
    /** As many runs of a dataset as a picture bears; the newest. */
    private static final int MOST_RUNS = 200;

    private final Sources sources;
    private final String tenant;
    private final Map<String, ObjectNode> nodes = new LinkedHashMap<>();
    private final Set<List<String>> links = new LinkedHashSet<>();

    /** Where the parts come from. */
    record Sources(Datasets datasets, RunLineage runs, ModelLineage models, ReleaseLineage releases) {}

    Lineage(Sources sources, String tenant) {
        this.sources = sources;
        this.tenant = tenant;
    }

    /** From a dataset, or one version of it, on to services; releases whose gates read it are there too. */
    Lineage ofDataset(String name, Optional<Integer> version) {
        Predicate<String> meant = title ->
                version.map(number -> title.equals(name + "@" + number)).orElse(title.startsWith(name + "@"));
        sources.datasets().history(tenant, name).stream()
                .filter(known -> meant.test(title(known)))
                .forEach(this::add);
        var read = sources.runs().reading(tenant, name, MOST_RUNS);
        List<RunLineage.Node> runs = sources.runs().of(tenant, Set.copyOf(read)).stream()
                .filter(run -> run.inputs().stream().anyMatch(input -> meant.test(title(input))))
                .toList();
        runs.forEach(run -> add(run, meant));
        onward(sources.models().madeBy(tenant, ids(runs)), meant);
        sources.releases().checkedOn(tenant, name).stream()
                .filter(release -> release.checkedOn().stream().anyMatch(meant))
                .forEach(release -> add(release, meant));
        return this;
    }

    /** From a run back to its data and on to services. */
    Lineage ofRun(String id) {
        sources.runs().of(tenant, Set.of(id)).forEach(run -> add(run, _ -> true));
        onward(sources.models().madeBy(tenant, Set.of(id)), _ -> false);
        return this;
    }

    /** From a model, or one version of it, back to data and on to services. */
    Lineage ofModel(String name, Optional<Integer> version) {
        List<ModelLineage.Node> versions = sources.models().ofModel(tenant, name).stream()
                .filter(made -> version.map(number -> number == made.version()).orElse(true))
                .toList();
        back(versions);
        onward(versions, _ -> true);
        return this;
    }

    /** From a service back to the data of everything it released. */
    Lineage ofService(String name) {
        List<ReleaseLineage.Node> releases = sources.releases().ofService(tenant, name);
        Set<String> shipped = releases.stream().map(Lineage::version).collect(Collectors.toSet());
        List<ModelLineage.Node> versions = releases.stream()
                .map(ReleaseLineage.Node::model)
                .filter(model -> !model.isEmpty())
                .distinct()
                .flatMap(model -> sources.models().ofModel(tenant, model).stream())
                .filter(made -> shipped.contains(made.model() + "/" + made.version()))
                .toList();
        back(versions);
        versions.forEach(this::add);
        releases.forEach(release -> add(release, _ -> true));
        return this;
    }

    private void back(List<ModelLineage.Node> versions) {
        Set<String> runs = versions.stream()
                .map(ModelLineage.Node::run)
                .filter(run -> !run.isEmpty())
                .collect(Collectors.toSet());
        sources.runs().of(tenant, runs).forEach(run -> add(run, _ -> true));
    }

    private void onward(List<ModelLineage.Node> versions, Predicate<String> data) {
        versions.forEach(this::add);
        Set<String> titles = versions.stream()
                .map(made -> made.model() + "/" + made.version())
                .collect(Collectors.toSet());
        if (!titles.isEmpty()) {
            sources.releases().shipping(tenant, titles).forEach(release -> add(release, data));
        }
    }

    private void add(Datasets.Version version) {
        node("dataset", title(version), title(version), version.createdAt())
                .put("name", version.name())
                .put("version", version.version());
    }

    /** A dataset that a run or a gate names; one that is not ours is shown by the name the run gave. */
    private String data(String title, Optional<String> digest) {
        String id = "dataset/" + title;
        if (nodes.containsKey(id)) {
            return id;
        }
        Optional<Datasets.Version> known = known(title);
        if (known.isPresent()) {
            add(known.get());
            return "dataset/" + title(known.get());
        }
        ObjectNode node = Json.object().put("id", id).put("kind", "dataset").put("title", title);
        digest.ifPresent(value -> node.put("detail", value));
        nodes.put(id, node);
        return id;
    }

    private Optional<Datasets.Version> known(String title) {
        if (title.indexOf('@') < 0) {
            return Optional.empty();
        }
        try {
            return Optional.of(sources.datasets().resolve(tenant, title));
        } catch (PilothouseException e) {
            return Optional.empty();
        }
    }

    private void add(RunLineage.Node run, Predicate<String> data) {
        String id = "run/" + run.id();
        node("run", run.id(), run.name(), Instant.ofEpochMilli(run.startedAt()))
                .put("name", run.id())
                .put("state", run.status().toLowerCase(java.util.Locale.ROOT));
        run.inputs().stream()
                .filter(input -> data.test(title(input)))
                .forEach(input -> link(data(title(input), Optional.of(input.digest())), id));
    }

    private void add(ModelLineage.Node version) {
        String title = version.model() + "/" + version.version();
        ObjectNode node = node("model", title, title, Instant.ofEpochMilli(version.createdAt()))
                .put("name", version.model())
                .put("version", version.version());
        String detail = Stream.concat(
                        version.aliases().stream().map(alias -> "@" + alias),
                        Stream.of(version.stage()).filter(stage -> !stage.isEmpty() && !stage.equals("None")))
                .collect(Collectors.joining(", "));
        if (!detail.isEmpty()) {
            node.put("detail", detail);
        }
        link("run/" + version.run(), "model/" + title);
    }

    private void add(ReleaseLineage.Node release, Predicate<String> data) {
        String id = "release/" + release.id();
        node("release", release.id(), release.service() + " #" + release.number(), release.createdAt())
                .put("name", release.service())
                .put("detail", release.title())
                .put("state", release.state());
        link("model/" + version(release), id);
        release.checkedOn().stream().sorted().filter(data).forEach(read -> link(data(read, Optional.empty()), id));
        if (release.serving()) {
            node("service", release.service(), release.service(), release.createdAt())
                    .put("name", release.service())
                    .put("state", "serving");
            link(id, "service/" + release.service());
        }
    }

    private ObjectNode node(String kind, String id, String title, Instant at) {
        return nodes.computeIfAbsent(
                kind + "/" + id,
                key -> Json.object()
                        .put("id", key)
                        .put("kind", kind)
                        .put("title", title)
                        .put("at", at.toString()));
    }

    private void link(String from, String to) {
        links.add(List.of(from, to));
    }

    /** Nodes, and links between those that are there. */
    ObjectNode json() {
        ObjectNode json = Json.object();
        nodes.values().forEach(json.putArray("nodes")::add);
        var array = json.putArray("links");
        links.stream()
                .filter(link -> nodes.keySet().containsAll(link))
                .forEach(link -> array.addObject().put("from", link.getFirst()).put("to", link.getLast()));
        return json;
    }

    private static Set<String> ids(Collection<RunLineage.Node> runs) {
        return runs.stream().map(RunLineage.Node::id).collect(Collectors.toSet());
    }

    private static String version(ReleaseLineage.Node release) {
        return release.model() + "/" + release.version();
    }

    private static String title(Datasets.Version version) {
        return version.name() + "@" + version.version();
    }

    /** Our own references say the version; for others the name must do. */
    private String title(RunLineage.Input input) {
        if (!input.sourceType().equals("pilothouse")) {
            return input.name();
        }
        return known(input.source()).map(Lineage::title).orElse(input.source());
    }
}
