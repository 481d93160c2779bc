-- The unit whose budgets count what the key is used for: a department, team or project; empty for the organisation alone.
ALTER TABLE access_key ADD COLUMN unit TEXT NOT NULL DEFAULT '';
