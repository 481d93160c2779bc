-- Labels that came to one replica for an answer that another gave; each replica looks for its own.
CREATE TABLE verdicts_label (
    tenant     TEXT NOT NULL,
    id         TEXT NOT NULL,
    service    TEXT NOT NULL,
    request_id TEXT NOT NULL,
    output     TEXT NOT NULL,
    label      TEXT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX verdicts_label_at ON verdicts_label (at);
