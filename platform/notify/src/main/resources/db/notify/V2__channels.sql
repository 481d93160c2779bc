-- channel: webhook, slack or email. subject: what the message is about, such as service/fraud; empty where it says nothing.
ALTER TABLE notify_delivery ADD COLUMN channel TEXT NOT NULL DEFAULT 'webhook';
ALTER TABLE notify_delivery ADD COLUMN subject TEXT NOT NULL DEFAULT '';
CREATE INDEX notify_delivery_subject ON notify_delivery (tenant, subject, id);
