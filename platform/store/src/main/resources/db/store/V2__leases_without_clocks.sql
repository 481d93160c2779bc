-- Who holds a lease gives signs of life by raising its beat; no clock is compared with another.
ALTER TABLE store_lease ADD COLUMN beat BIGINT NOT NULL DEFAULT 0;
ALTER TABLE store_lease ADD COLUMN ttl BIGINT NOT NULL DEFAULT 0;
ALTER TABLE store_lease DROP COLUMN expires_at;
