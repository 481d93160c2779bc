CREATE TABLE probe_state (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
