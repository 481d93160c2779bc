-- hash is the SHA-256 of the link's secret, which is nowhere. Times are milliseconds, 0 where there is none.
CREATE TABLE invitations_invitation (
    tenant      TEXT NOT NULL,
    id          TEXT NOT NULL,
    hash        ${bytes} NOT NULL,
    name        TEXT NOT NULL,
    roles       TEXT NOT NULL,
    invited_by  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    accepted_at BIGINT NOT NULL,
    revoked_at  BIGINT NOT NULL,
    principal   TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX invitations_invitation_hash ON invitations_invitation (hash);
