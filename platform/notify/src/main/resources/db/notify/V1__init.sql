-- state: pending, delivered or dead. Times are milliseconds, 0 where there is none.
CREATE TABLE notify_delivery (
    tenant      TEXT NOT NULL,
    id          TEXT NOT NULL,
    url         TEXT NOT NULL,
    type        TEXT NOT NULL,
    body        TEXT NOT NULL,
    state       TEXT NOT NULL,
    attempts    INTEGER NOT NULL,
    outcome     TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX notify_delivery_finished ON notify_delivery (state, finished_at);
