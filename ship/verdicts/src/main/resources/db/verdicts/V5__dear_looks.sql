-- The course of the evidence on dear requests; null where requests have no price, and of looks before this.
ALTER TABLE verdicts_look ADD COLUMN harm_dear ${real};
ALTER TABLE verdicts_look ADD COLUMN harmless_dear ${real};
