-- Guards as the JSON that declared them, checked before it was stored. Times are milliseconds.
CREATE TABLE guards_policy (
    tenant     TEXT NOT NULL,
    name       TEXT NOT NULL,
    document   TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);
