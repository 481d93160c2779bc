-- Has no rows: transactions that change many accounts lock it, one after the other.
CREATE TABLE budgets_turn (
    never BIGINT NOT NULL
);
