-- What each source says now: its rows as compressed JSON. Position is the order of first imports, which is the precedence
-- among sources; overlays (1) go before all others (0).
CREATE TABLE prices_source (
    tenant      TEXT NOT NULL,
    source      TEXT NOT NULL,
    overlay     INTEGER NOT NULL,
    position    BIGINT NOT NULL,
    content     ${bytes} NOT NULL,
    PRIMARY KEY (tenant, source)
);

-- Every table there was, never changed and never removed: usage records name them by the first digits of their digest.
CREATE TABLE prices_version (
    tenant      TEXT NOT NULL,
    number      BIGINT NOT NULL,
    digest      TEXT NOT NULL,
    source      TEXT NOT NULL,
    format      TEXT NOT NULL,
    file        TEXT NOT NULL,
    row_count   INTEGER NOT NULL,
    conflicts   INTEGER NOT NULL,
    imported_by TEXT NOT NULL,
    imported_at BIGINT NOT NULL,
    content     ${bytes} NOT NULL,
    PRIMARY KEY (tenant, number)
);
CREATE INDEX prices_version_digest ON prices_version (tenant, digest);
