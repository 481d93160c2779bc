-- The tree is one for the whole installation, so tiles and heads have no tenant; entries, with theirs, are the journal's.
CREATE TABLE ledger_tenant_key (
    tenant     TEXT NOT NULL PRIMARY KEY,
    wrapped    ${bytes} NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE ledger_tile (
    level  INTEGER NOT NULL,
    idx    BIGINT NOT NULL,
    hashes ${bytes} NOT NULL,
    PRIMARY KEY (level, idx)
);

-- One row: the present head, a signed note.
CREATE TABLE ledger_head (
    one   INTEGER NOT NULL PRIMARY KEY,
    size  BIGINT NOT NULL,
    note  TEXT NOT NULL
);

-- The last head of each minute, for those who want to compare with a copy they took earlier.
CREATE TABLE ledger_checkpoint (
    minute BIGINT NOT NULL PRIMARY KEY,
    size   BIGINT NOT NULL,
    note   TEXT NOT NULL
);
