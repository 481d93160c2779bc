CREATE TABLE dataset_version (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    content TEXT NOT NULL,
    file TEXT NOT NULL,
    format TEXT NOT NULL,
    header INTEGER NOT NULL,
    bytes BIGINT NOT NULL,
    total_rows BIGINT NOT NULL,
    columns ${json} NOT NULL,
    profile ${json} NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, name, version)
);
CREATE UNIQUE INDEX dataset_version_digest ON dataset_version (tenant, name, digest);

CREATE TABLE dataset_expectations (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    body ${json} NOT NULL,
    declared INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);
