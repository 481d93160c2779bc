-- What each process measured of stable versions lately; what counts as slow follows from all of them.
CREATE TABLE verdicts_latency (
    tenant   TEXT NOT NULL,
    service  TEXT NOT NULL,
    recorder TEXT NOT NULL,
    version  TEXT NOT NULL,
    median   BIGINT NOT NULL,
    answers  BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (tenant, service, recorder)
);
