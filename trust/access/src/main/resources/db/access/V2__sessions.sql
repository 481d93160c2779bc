-- hash is the SHA-256 of the session's token, which only the browser has. seen_at moves at most once a minute.
CREATE TABLE access_session (
    tenant     TEXT NOT NULL,
    hash       ${bytes} NOT NULL,
    id         TEXT NOT NULL,
    key_id     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, hash)
);
CREATE UNIQUE INDEX access_session_hash ON access_session (hash);
CREATE INDEX access_session_key ON access_session (tenant, key_id);
