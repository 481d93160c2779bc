-- The thresholds of budgets that were told of, in percent, by window. Those of windows before are removed.
CREATE TABLE alerts_told (
    budget       TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    percent      INTEGER NOT NULL,
    told_at      BIGINT NOT NULL,
    PRIMARY KEY (budget, window_start, percent)
);
