-- Times are milliseconds, 0 where there is none. outcome: pending, approved, rejected or expired.
CREATE TABLE policy_approval (
    tenant       TEXT NOT NULL,
    id           TEXT NOT NULL,
    subject      TEXT NOT NULL,
    digest       TEXT NOT NULL,
    role         TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    reason       TEXT NOT NULL,
    requested_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    outcome      TEXT NOT NULL,
    decided_by   TEXT NOT NULL,
    decided_at   BIGINT NOT NULL,
    remark       TEXT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX policy_approval_subject ON policy_approval (tenant, subject, digest);
CREATE INDEX policy_approval_pending ON policy_approval (outcome, expires_at);
