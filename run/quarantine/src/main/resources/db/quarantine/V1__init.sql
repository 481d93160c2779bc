-- Models that were being loaded when the process ended. quarantined_at is in milliseconds, 0 where it is not.
CREATE TABLE quarantine_model (
    tenant         TEXT NOT NULL,
    graph          TEXT NOT NULL,
    label          TEXT NOT NULL,
    crashes        INTEGER NOT NULL,
    interruptions  INTEGER NOT NULL,
    last_at        BIGINT NOT NULL,
    last_marker    TEXT NOT NULL,
    quarantined_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, graph)
);
