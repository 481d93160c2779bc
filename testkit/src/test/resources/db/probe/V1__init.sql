CREATE TABLE probe_row (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
