-- The newest wish that an organisation's kept answers be dropped: those of an alias, or of all where it is empty. Epochs rise over all
-- organisations, so that a server asks for those above the last one that it followed.
CREATE TABLE cache_clearing (
    tenant TEXT NOT NULL,
    alias  TEXT NOT NULL,
    epoch  BIGINT NOT NULL,
    PRIMARY KEY (tenant, alias)
);
CREATE UNIQUE INDEX cache_clearing_epoch ON cache_clearing (epoch);
