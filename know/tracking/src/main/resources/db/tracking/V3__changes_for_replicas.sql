-- What changed in runs, for the indexes of the other replicas; written and read on PostgreSQL only, kept for an hour.
CREATE TABLE tracking_change (
    id ${identity},
    tenant TEXT NOT NULL,
    run TEXT NOT NULL,
    batch BIGINT NOT NULL,
    replica TEXT NOT NULL,
    transaction_id BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX tracking_change_transaction ON tracking_change (transaction_id);
CREATE INDEX tracking_change_at ON tracking_change (at);
