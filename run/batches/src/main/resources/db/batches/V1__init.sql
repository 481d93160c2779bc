-- Files that providers keep for tenants. document is what a provider last told of one, as JSON; requests tells what a file of requests
-- asks for, as JSON, and is empty for all else. gone is 1 where a client deleted it and a batch still needs to know it. Times are
-- milliseconds.
CREATE TABLE batches_file (
    tenant     TEXT NOT NULL,
    id         TEXT NOT NULL,
    provider   TEXT NOT NULL,
    document   TEXT NOT NULL,
    requests   TEXT NOT NULL,
    gone       INT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX batches_file_newest ON batches_file (tenant, created_at, id);

-- Batches. id is ours, and names the reservation; provider_id is empty until the provider is known to have it. stage: HELD, BEGUN,
-- SETTLED, RECORDED. account says who pays, as JSON. recorder is the server that keeps its records of usage. bounded is 1 where nobody
-- could tell what it used.
CREATE TABLE batches_batch (
    id            TEXT NOT NULL PRIMARY KEY,
    tenant        TEXT NOT NULL,
    provider      TEXT NOT NULL,
    provider_id   TEXT NOT NULL,
    input_file    TEXT NOT NULL,
    output_file   TEXT NOT NULL,
    error_file    TEXT NOT NULL,
    document      TEXT NOT NULL,
    account       TEXT NOT NULL,
    prices        TEXT NOT NULL,
    price_version TEXT NOT NULL,
    stage         TEXT NOT NULL,
    ceiling       BIGINT NOT NULL,
    cost          BIGINT NOT NULL,
    bounded       INT NOT NULL,
    recorder      TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    next_look     BIGINT NOT NULL
);
CREATE INDEX batches_batch_provider ON batches_batch (tenant, provider_id);
CREATE INDEX batches_batch_newest ON batches_batch (tenant, created_at, id);
CREATE INDEX batches_batch_due ON batches_batch (stage, next_look);
