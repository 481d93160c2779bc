-- Requests that cost far more than usual, of what is paid for by the request.
ALTER TABLE verdicts_count ADD COLUMN dear BIGINT NOT NULL DEFAULT 0;
