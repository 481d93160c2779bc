-- Uses of an Idempotency-Key. The id is the digest of principal, key and operation; the answer is encrypted, since it may hold a new key.
CREATE TABLE edge_reply (
    tenant TEXT NOT NULL,
    id     TEXT NOT NULL,
    body   TEXT NOT NULL,
    state  TEXT NOT NULL,
    owner  TEXT NOT NULL,
    at     BIGINT NOT NULL,
    reply  ${bytes},
    PRIMARY KEY (tenant, id)
);
CREATE INDEX edge_reply_at ON edge_reply (tenant, at);
