-- environment: '' where a service declares none, which is what every service was before. place: its place in the file, -1 once the
-- file names it no more. origin: the release that was promoted, as JSON. entry: the ledger entry that says so.
ALTER TABLE delivery_service ADD COLUMN environment TEXT NOT NULL DEFAULT '';
ALTER TABLE delivery_service ADD COLUMN place BIGINT NOT NULL DEFAULT 0;
ALTER TABLE delivery_release ADD COLUMN origin ${json};
ALTER TABLE delivery_release ADD COLUMN promoted_entry TEXT;
ALTER TABLE delivery_gate ADD COLUMN entry TEXT;
