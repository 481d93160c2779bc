-- Changes of who answers an alias, on their way through traffic. Times are milliseconds.
CREATE TABLE routing_rollout (
    tenant     TEXT NOT NULL,
    id         TEXT NOT NULL,
    alias      TEXT NOT NULL,
    number     BIGINT NOT NULL,
    document   ${json} NOT NULL,
    base       BIGINT NOT NULL,
    phase      TEXT NOT NULL,
    step       BIGINT NOT NULL,
    paused     BIGINT NOT NULL,
    sentence   TEXT NOT NULL,
    since      BIGINT NOT NULL,
    revision   BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, alias, number)
);
CREATE INDEX routing_rollout_phase ON routing_rollout (phase);
