-- Requests to raise a budget's limit for a while. Times are in milliseconds. state: waiting, active, expired or refused.
-- window_start is the window whose limit was raised, 0 before. outcome says in words why it ended.
CREATE TABLE overrides_override (
    tenant       TEXT NOT NULL,
    id           TEXT NOT NULL,
    budget       TEXT NOT NULL,
    budget_name  TEXT NOT NULL,
    unit         TEXT NOT NULL,
    amount       BIGINT NOT NULL,
    reason       TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    approval     TEXT NOT NULL,
    state        TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    outcome      TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX overrides_override_budget ON overrides_override (tenant, budget_name, id);
CREATE INDEX overrides_override_state ON overrides_override (state);
