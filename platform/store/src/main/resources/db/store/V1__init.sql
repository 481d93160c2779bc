-- Leases belong to the installation, not to a tenant.
CREATE TABLE store_lease (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
