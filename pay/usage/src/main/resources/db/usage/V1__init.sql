-- Parts of logs of spend whose calls are in the columns, each of which has an entry on the ledger.
CREATE TABLE usage_part (
    log     TEXT NOT NULL,
    segment BIGINT NOT NULL,
    PRIMARY KEY (log, segment)
);
