-- What else is declared of a budget: thresholds in percent, divided by commas; ladder and told as JSON. since is when it was
-- declared, from which on it counts.
ALTER TABLE budgets_budget ADD COLUMN thresholds TEXT NOT NULL DEFAULT '50,80,100';
ALTER TABLE budgets_budget ADD COLUMN ladder TEXT NOT NULL DEFAULT '[]';
ALTER TABLE budgets_budget ADD COLUMN told TEXT NOT NULL DEFAULT '[]';
ALTER TABLE budgets_budget ADD COLUMN since BIGINT NOT NULL DEFAULT 0;

-- By how much the limit is raised in this window alone.
ALTER TABLE budgets_account ADD COLUMN raised BIGINT NOT NULL DEFAULT 0;

-- What calls under way hold of the lease, as the server said last.
ALTER TABLE budgets_lease ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
