-- What one run of a server has counted of an agent since it began to tell: sums that only grow, so that a reader who misses
-- some states misses no spend. in_flight is what calls under way are expected to cost.
CREATE TABLE breaker_spend (
    server             TEXT NOT NULL,
    tenant             TEXT NOT NULL,
    agent              TEXT NOT NULL,
    spent              BIGINT NOT NULL,
    calls              BIGINT NOT NULL,
    dearest            BIGINT NOT NULL,
    in_flight          BIGINT NOT NULL,
    dearest_in_flight  BIGINT NOT NULL,
    PRIMARY KEY (server, tenant, agent)
);

-- Safety Pauses. One without resumed_at holds. accepted is a burn that a person took for usual, until accepted_until.
CREATE TABLE breaker_latch (
    tenant         TEXT NOT NULL,
    agent          TEXT NOT NULL,
    number         BIGINT NOT NULL,
    since          BIGINT NOT NULL,
    paused_by      TEXT NOT NULL,
    why            TEXT NOT NULL,
    burn           BIGINT NOT NULL,
    predicted      BIGINT NOT NULL,
    level          BIGINT NOT NULL,
    resumed_at     BIGINT,
    resumed_by     TEXT,
    resumed_why    TEXT,
    accepted       BIGINT NOT NULL,
    accepted_until BIGINT NOT NULL,
    PRIMARY KEY (tenant, agent, number)
);
CREATE UNIQUE INDEX breaker_latch_open ON breaker_latch (tenant, agent) WHERE resumed_at IS NULL;
CREATE INDEX breaker_latch_accepted ON breaker_latch (accepted_until);

-- The last calls before a latch, as each server saw its own.
CREATE TABLE breaker_trace (
    tenant TEXT NOT NULL,
    agent  TEXT NOT NULL,
    number BIGINT NOT NULL,
    server TEXT NOT NULL,
    calls  ${json} NOT NULL,
    PRIMARY KEY (tenant, agent, number, server)
);

-- What agents usually spend, written once an hour, and what the hour of now has taught, written each second.
CREATE TABLE breaker_baseline (
    tenant     TEXT NOT NULL,
    agent      TEXT NOT NULL,
    learnt     ${bytes} NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, agent)
);
CREATE TABLE breaker_lesson (
    tenant TEXT NOT NULL,
    agent  TEXT NOT NULL,
    lesson ${bytes} NOT NULL,
    PRIMARY KEY (tenant, agent)
);
