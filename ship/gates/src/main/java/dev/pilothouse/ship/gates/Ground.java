package dev.pilothouse.ship.gates;

import dev.pilothouse.kernel.Digest;
import dev.pilothouse.know.datasets.Datasets;
import dev.pilothouse.run.serving.Endpoints;
import dev.pilothouse.run.serving.ModelSource;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** What gates stand on: the datasets and the model server. */
interface Ground {
    Datasets.Version resolve(String tenant, String reference);

    Datasets.Batch read(Datasets.Version version, long offset, int limit, Duration within);

    Datasets.Validation validate(Datasets.Version version, Duration within);

    /** Digest of the expectations of a dataset as they are now. */
    Digest expectations(String tenant, String dataset);

    CompletableFuture<Endpoints.OpenModel> open(String tenant, ModelSource source);

    /** The real ones. */
    static Ground of(Datasets datasets, Endpoints endpoints) {
        return new Ground() {
            @Override
            public Datasets.Version resolve(String tenant, String reference) {
                return datasets.resolve(tenant, reference);
            }

            @Override
            public Datasets.Batch read(Datasets.Version version, long offset, int limit, Duration within) {
                return datasets.read(version, offset, limit, within);
            }

            @Override
            public Datasets.Validation validate(Datasets.Version version, Duration within) {
                return datasets.validate(version, within);
            }

            @Override
            public Digest expectations(String tenant, String dataset) {
                return datasets.expectationsDigest(tenant, dataset);
            }

            @Override
            public CompletableFuture<Endpoints.OpenModel> open(String tenant, ModelSource source) {
                return endpoints.open(tenant, source);
            }
        };
    }
}
