package dev.pilothouse.know.tracking;

import dev.pilothouse.know.experiments.MetricPoint;
import java.util.List;
import java.util.Map;

/** What a committed transaction did to a run; applied to the index in the order of commits. */
sealed interface RunChange {
    /** The run was made, or its own fields changed. */
    record Described(Run described) implements RunChange {
        @Override
        public String run() {
            return described.id();
        }
    }

    /** The run's id. */
    String run();

    /** All that is known of a run but its metrics, as another replica left it. */
    record Whole(Run known, Map<String, String> params, Map<String, String> tags, List<DatasetRef> datasets)
            implements RunChange {
        @Override
        public String run() {
            return known.id();
        }
    }

    /** Parameters were added. */
    record Params(String run, Map<String, String> params) implements RunChange {}

    /** Tags were set. */
    record Tags(String run, Map<String, String> tags) implements RunChange {}

    /** A tag was removed. */
    record TagRemoved(String run, String key) implements RunChange {}

    /** Points were logged, in the row of that id. */
    record Points(String run, long batch, List<MetricPoint> points) implements RunChange {}

    /** Datasets were added as inputs. */
    record Inputs(String run, List<DatasetRef> datasets) implements RunChange {}

    /**
     * What a search can ask of a dataset input.
     *
     * @param name its name
     * @param digest its digest
     * @param context what it was used for, empty where unknown
     */
    record DatasetRef(String name, String digest, String context) {}
}
