CREATE TABLE tracking_experiments (
    tenant TEXT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    artifact_location TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX tracking_experiments_name ON tracking_experiments (tenant, name);

CREATE TABLE tracking_experiment_tags (
    tenant TEXT NOT NULL,
    experiment BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (tenant, experiment, name)
);

CREATE TABLE tracking_runs (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    experiment BIGINT NOT NULL,
    name TEXT NOT NULL,
    user_id TEXT NOT NULL,
    status TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    deleted INTEGER NOT NULL,
    artifact_uri TEXT NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX tracking_runs_experiment ON tracking_runs (tenant, experiment);

CREATE TABLE tracking_params (
    tenant TEXT NOT NULL,
    run TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (tenant, run, name)
);

CREATE TABLE tracking_tags (
    tenant TEXT NOT NULL,
    run TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (tenant, run, name)
);

-- One row per logged batch: the durable truth about metrics, packed.
CREATE TABLE tracking_points (
    id ${identity},
    tenant TEXT NOT NULL,
    run TEXT NOT NULL,
    points ${bytes} NOT NULL
);
CREATE INDEX tracking_points_run ON tracking_points (tenant, run, id);

-- Latest value of every metric of a run, packed; may lag behind the batches.
CREATE TABLE tracking_latest (
    tenant TEXT NOT NULL,
    run TEXT NOT NULL,
    points ${bytes} NOT NULL,
    PRIMARY KEY (tenant, run)
);

-- The last batch that tracking_latest surely contains.
CREATE TABLE tracking_flushed (
    tenant TEXT NOT NULL PRIMARY KEY,
    through BIGINT NOT NULL
);

CREATE TABLE tracking_inputs (
    tenant TEXT NOT NULL,
    run TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    source_type TEXT NOT NULL,
    source TEXT NOT NULL,
    schema_text TEXT,
    profile TEXT,
    tags ${json} NOT NULL,
    PRIMARY KEY (tenant, run, name, digest)
);

-- Logged models that a run reads ('input') or makes ('output').
CREATE TABLE tracking_run_models (
    tenant TEXT NOT NULL,
    run TEXT NOT NULL,
    direction TEXT NOT NULL,
    model TEXT NOT NULL,
    step BIGINT NOT NULL,
    PRIMARY KEY (tenant, run, direction, model)
);

CREATE TABLE tracking_models (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    experiment BIGINT NOT NULL,
    name TEXT NOT NULL,
    model_type TEXT NOT NULL,
    source_run TEXT NOT NULL,
    artifact_uri TEXT NOT NULL,
    status TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX tracking_models_experiment ON tracking_models (tenant, experiment);

CREATE TABLE tracking_model_params (
    tenant TEXT NOT NULL,
    model TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (tenant, model, name)
);

CREATE TABLE tracking_model_tags (
    tenant TEXT NOT NULL,
    model TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (tenant, model, name)
);

CREATE TABLE tracking_model_metrics (
    tenant TEXT NOT NULL,
    model TEXT NOT NULL,
    run TEXT NOT NULL,
    name TEXT NOT NULL,
    dataset_name TEXT NOT NULL,
    dataset_digest TEXT NOT NULL,
    value ${real},
    recorded_at BIGINT NOT NULL,
    step BIGINT NOT NULL,
    PRIMARY KEY (tenant, model, run, name, dataset_name, dataset_digest)
);

-- Paths are bytes, so that ranges below a folder compare alike on every database.
CREATE TABLE tracking_artifacts (
    tenant TEXT NOT NULL,
    path ${bytes} NOT NULL,
    digest TEXT NOT NULL,
    size BIGINT NOT NULL,
    PRIMARY KEY (tenant, path)
);

CREATE TABLE tracking_uploads (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    path TEXT NOT NULL,
    parts INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE tracking_upload_parts (
    tenant TEXT NOT NULL,
    upload TEXT NOT NULL,
    part INTEGER NOT NULL,
    digest TEXT NOT NULL,
    size BIGINT NOT NULL,
    PRIMARY KEY (tenant, upload, part)
);

-- Secrets of this installation, such as the key that signs upload addresses.
CREATE TABLE tracking_secrets (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    secret ${bytes} NOT NULL,
    PRIMARY KEY (tenant, name)
);
