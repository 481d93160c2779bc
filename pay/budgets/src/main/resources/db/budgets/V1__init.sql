-- Declared limits. unit is the name of what is counted.
CREATE TABLE budgets_budget (
    id           TEXT NOT NULL PRIMARY KEY,
    tenant       TEXT NOT NULL,
    name         TEXT NOT NULL,
    scope_kind   TEXT NOT NULL,
    scope_value  TEXT NOT NULL,
    period       TEXT NOT NULL,
    zone         TEXT NOT NULL,
    unit         TEXT NOT NULL,
    amount_limit BIGINT NOT NULL,
    UNIQUE (tenant, name)
);

-- A budget in one window. leased is the sum of the leases below; recall rises when servers are to give back what they do not
-- hold.
CREATE TABLE budgets_account (
    budget       TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    settled      BIGINT NOT NULL,
    leased       BIGINT NOT NULL,
    recall       BIGINT NOT NULL,
    PRIMARY KEY (budget, window_start)
);

-- What one run of a server may spend of an account without asking. answered is the last recall that it has answered.
CREATE TABLE budgets_lease (
    server       TEXT NOT NULL,
    budget       TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    amount       BIGINT NOT NULL,
    answered     BIGINT NOT NULL,
    PRIMARY KEY (server, budget, window_start)
);
CREATE INDEX budgets_lease_account ON budgets_lease (budget, window_start);

-- The last report of each run of a server.
CREATE TABLE budgets_server (
    server  TEXT NOT NULL PRIMARY KEY,
    reports BIGINT NOT NULL
);
