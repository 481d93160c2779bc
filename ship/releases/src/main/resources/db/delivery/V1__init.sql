CREATE TABLE delivery_service (
    tenant      TEXT NOT NULL,
    name        TEXT NOT NULL,
    spec        ${json} NOT NULL,
    digest      TEXT NOT NULL,
    stable      TEXT,
    previous    TEXT,
    promoted_at BIGINT,
    moving      TEXT,
    last_number BIGINT NOT NULL,
    revision    BIGINT NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);

CREATE TABLE delivery_release (
    tenant       TEXT NOT NULL,
    id           TEXT NOT NULL,
    service      TEXT NOT NULL,
    number       BIGINT NOT NULL,
    spec         ${json} NOT NULL,
    candidate    ${json} NOT NULL,
    baseline     TEXT,
    requested_by ${json} NOT NULL,
    note         TEXT NOT NULL,
    phase        TEXT NOT NULL,
    step         BIGINT NOT NULL,
    paused       BIGINT NOT NULL,
    ending       TEXT,
    sentence     TEXT NOT NULL,
    approval     TEXT,
    since        BIGINT NOT NULL,
    revision     BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX delivery_release_number ON delivery_release (tenant, service, number);

CREATE TABLE delivery_gate (
    tenant     TEXT NOT NULL,
    release_id TEXT NOT NULL,
    place      BIGINT NOT NULL,
    title      TEXT NOT NULL,
    passed     BIGINT NOT NULL,
    sentence   TEXT NOT NULL,
    evidence   ${json} NOT NULL,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, release_id, place)
);

CREATE TABLE delivery_count (
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

CREATE TABLE delivery_take (
    tenant   TEXT NOT NULL,
    recorder TEXT NOT NULL,
    last     BIGINT NOT NULL,
    PRIMARY KEY (tenant, recorder)
);

CREATE TABLE delivery_look (
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
