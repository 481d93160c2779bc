CREATE TABLE access_unit (
    tenant     TEXT NOT NULL,
    id         TEXT NOT NULL,
    parent     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX access_unit_name ON access_unit (tenant, parent, name);

CREATE TABLE access_principal (
    tenant     TEXT NOT NULL,
    id         TEXT NOT NULL,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    roles      TEXT NOT NULL,
    active     INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX access_principal_name ON access_principal (tenant, name);

-- hash is the SHA-256 of the whole key; the key itself is nowhere. Times are milliseconds, 0 where there is none.
CREATE TABLE access_key (
    tenant       TEXT NOT NULL,
    id           TEXT NOT NULL,
    principal    TEXT NOT NULL,
    name         TEXT NOT NULL,
    roles        TEXT NOT NULL,
    hash         ${bytes} NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    revoked_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX access_key_id ON access_key (id);
CREATE INDEX access_key_principal ON access_key (tenant, principal);
