-- What an operator holds back: mails that were queued in a database that was restored from a backup, and may have been
-- sent since.
ALTER TABLE jobs
    DROP CONSTRAINT jobs_status_check,
    ADD CONSTRAINT jobs_status_check CHECK (status IN ('READY', 'RUNNING', 'HELD', 'DEAD'));
CREATE INDEX jobs_held ON jobs (kind, created_at) WHERE status = 'HELD';
ALTER TABLE email_deliveries
    DROP CONSTRAINT email_deliveries_reason_check,
    ADD CONSTRAINT email_deliveries_reason_check CHECK (reason IN ('NO_ADDRESS', 'INVALID_ADDRESS',
        'SUPPRESSED_AFTER_BOUNCE', 'NO_ACCESS', 'NOT_WANTED', 'SENDER_FAULT', 'REFUSED', 'ATTEMPTS_EXHAUSTED',
        'DISCARDED'));

-- The server and the database in which processes last ran: in a restored copy, these are others.
CREATE TABLE installation (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    place text
);
INSERT INTO installation DEFAULT VALUES;
