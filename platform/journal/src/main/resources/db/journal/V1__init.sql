-- On SQLite one writer makes row order commit order without gaps: the position, given from 0, is the sequence, and
-- numbering moves journal_head alone; the column sequence stays empty and pending 0 there. On PostgreSQL positions have
-- gaps and are not commit order, so numbering fills sequence in and clears pending.
CREATE TABLE journal_entry (
    position ${identity},
    id TEXT NOT NULL,
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    at BIGINT NOT NULL,
    pending SMALLINT NOT NULL,
    sequence BIGINT,
    leaf_hash ${bytes} NOT NULL,
    leaf ${bytes} NOT NULL,
    body ${bytes}
);
CREATE UNIQUE INDEX journal_entry_id ON journal_entry (id);
CREATE UNIQUE INDEX journal_entry_sequence ON journal_entry (sequence) WHERE sequence IS NOT NULL;
CREATE INDEX journal_entry_pending ON journal_entry (position) WHERE pending = 1;

-- Histories are filled by numbering, in bulk and sorted: as indexes they would cost every append a page of its own, two
-- thirds of what a commit writes.
CREATE TABLE journal_by_subject (
    tenant TEXT NOT NULL,
    subject TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (tenant, subject, sequence)
) ${clustered};
CREATE TABLE journal_by_tenant (
    tenant TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (tenant, sequence)
) ${clustered};

CREATE TABLE journal_head (
    id INTEGER NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL
);
INSERT INTO journal_head (id, size) VALUES (1, 0);

CREATE TABLE journal_cursor (
    follower TEXT NOT NULL PRIMARY KEY,
    next BIGINT NOT NULL
);
