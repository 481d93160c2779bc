-- When a principal was removed for good, in milliseconds; 0 where it was not. Its name is then its id.
ALTER TABLE access_principal ADD COLUMN removed_at BIGINT NOT NULL DEFAULT 0;
