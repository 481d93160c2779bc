package dev.pilothouse.ship.evidence;

import dev.pilothouse.kernel.CommonError;
import dev.pilothouse.kernel.Role;
import dev.pilothouse.know.datasets.Datasets;
import dev.pilothouse.know.registry.ModelLineage;
import dev.pilothouse.know.tracking.RunLineage;
import dev.pilothouse.platform.http.Access;
import dev.pilothouse.platform.http.Call;
import dev.pilothouse.platform.http.Reply;
import dev.pilothouse.platform.http.RouteTable;
import dev.pilothouse.ship.releases.ReleaseLineage;
import java.util.List;
import java.util.Optional;

/** Where something came from and what came of it. */
public final class LineageRoutes {
    private static final List<String> BEGINNINGS = List.of("dataset", "run", "model", "service");

    private final Lineage.Sources sources;

    /** Routes over what datasets, runs, models and releases know. */
    public LineageRoutes(Datasets datasets, RunLineage runs, ModelLineage models, ReleaseLineage releases) {
        this.sources = new Lineage.Sources(datasets, runs, models, releases);
    }

    /** Adds the routes. */
    public void addTo(RouteTable table) {
        table.api().on("GET", "/api/v1/lineage", Access.role(Role.VIEWER), "getLineage", this::get);
    }

    private Reply get(Call call) {
        List<String> given =
                BEGINNINGS.stream().filter(name -> call.query(name).isPresent()).toList();
        if (given.size() != 1) {
            throw CommonError.INVALID.because(
                    "The query names " + (given.isEmpty() ? "nothing" : String.join(" and ", given))
                            + " to begin at; name one of dataset, run, model and service, such as ?model=fraud&version=3.");
        }
        String what = given.getFirst();
        String name = call.query(what).orElseThrow();
        Optional<Integer> version = call.query("version").map(_ -> call.intQuery("version", 1, 1, Integer.MAX_VALUE));
        var lineage = new Lineage(sources, call.caller().tenant());
        Lineage found =
                switch (what) {
                    case "dataset" -> lineage.ofDataset(name, version);
                    case "run" -> lineage.ofRun(name);
                    case "model" -> lineage.ofModel(name, version);
                    default -> lineage.ofService(name);
                };
        return Reply.json(found.json());
    }
}
