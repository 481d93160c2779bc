-- environment: '' where the value counts in every environment that has none of its own. sealed: encrypted, bound to this row.
CREATE TABLE secrets_secret (
    tenant      TEXT NOT NULL,
    environment TEXT NOT NULL,
    name        TEXT NOT NULL,
    version     BIGINT NOT NULL,
    sealed      ${bytes} NOT NULL,
    set_by      TEXT NOT NULL,
    set_at      BIGINT NOT NULL,
    PRIMARY KEY (tenant, environment, name)
);
