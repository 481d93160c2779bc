-- Points of one metric of a run, rewritten from batches in the background; each row holds some thousand of them.
CREATE TABLE tracking_series (
    id ${identity},
    tenant TEXT NOT NULL,
    run TEXT NOT NULL,
    name TEXT NOT NULL,
    points ${bytes} NOT NULL
);
CREATE INDEX tracking_series_run ON tracking_series (tenant, run, name);
