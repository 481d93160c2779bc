CREATE TABLE verdicts_count (
    tenant     TEXT NOT NULL,
    release_id TEXT NOT NULL,
    version    TEXT NOT NULL,
    step       BIGINT NOT NULL,
    shadow     BIGINT NOT NULL,
    minute     BIGINT NOT NULL,
    service    TEXT NOT NULL,
    requests   BIGINT NOT NULL,
    errors     BIGINT NOT NULL,
    slow       BIGINT NOT NULL,
    labelled   BIGINT NOT NULL,
    wrong      BIGINT NOT NULL,
    PRIMARY KEY (tenant, release_id, version, step, shadow, minute)
);
CREATE INDEX verdicts_count_minute ON verdicts_count (minute);

CREATE TABLE verdicts_take (
    tenant   TEXT NOT NULL,
    recorder TEXT NOT NULL,
    last     BIGINT NOT NULL,
    PRIMARY KEY (tenant, recorder)
);

CREATE TABLE verdicts_block (
    tenant     TEXT NOT NULL,
    release_id TEXT NOT NULL,
    step       BIGINT NOT NULL,
    blocks     ${json} NOT NULL,
    PRIMARY KEY (tenant, release_id, step)
);

CREATE TABLE verdicts_look (
    tenant          TEXT NOT NULL,
    release_id      TEXT NOT NULL,
    at              BIGINT NOT NULL,
    step            BIGINT NOT NULL,
    requests        BIGINT NOT NULL,
    harm_errors     ${real} NOT NULL,
    harm_slow       ${real} NOT NULL,
    harm_wrong      ${real} NOT NULL,
    harmless_errors ${real} NOT NULL,
    harmless_slow   ${real} NOT NULL,
    harmless_wrong  ${real} NOT NULL,
    PRIMARY KEY (tenant, release_id, at)
);
