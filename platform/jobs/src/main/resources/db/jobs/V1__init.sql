CREATE TABLE jobs_job (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    dedupe TEXT,
    payload ${json} NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    not_before BIGINT NOT NULL,
    runner TEXT,
    epoch BIGINT NOT NULL,
    lease_until BIGINT,
    error TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX jobs_job_dedupe ON jobs_job (tenant, kind, dedupe) WHERE state = 'pending';
CREATE INDEX jobs_job_due ON jobs_job (not_before) WHERE state = 'pending';
CREATE INDEX jobs_job_running ON jobs_job (lease_until) WHERE state = 'running';
CREATE INDEX jobs_job_finished ON jobs_job (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE jobs_cron (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    expression TEXT NOT NULL,
    zone TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload ${json} NOT NULL,
    next_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);
CREATE INDEX jobs_cron_due ON jobs_cron (next_at);
