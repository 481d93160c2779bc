-- Providers and aliases as the JSON that declared them, checked before it was stored. Times are milliseconds.
CREATE TABLE gateway_declaration (
    tenant     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    document   TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind, name)
);
