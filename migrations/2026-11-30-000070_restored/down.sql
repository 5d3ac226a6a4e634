DROP TABLE installation;
UPDATE email_deliveries SET reason = 'NOT_WANTED' WHERE reason = 'DISCARDED';
ALTER TABLE email_deliveries
    DROP CONSTRAINT email_deliveries_reason_check,
    ADD CONSTRAINT email_deliveries_reason_check CHECK (reason IN ('NO_ADDRESS', 'INVALID_ADDRESS',
        'SUPPRESSED_AFTER_BOUNCE', 'NO_ACCESS', 'NOT_WANTED', 'SENDER_FAULT', 'REFUSED', 'ATTEMPTS_EXHAUSTED'));
DROP INDEX jobs_held;
-- Held because they may have been sent: an operator decides.
UPDATE jobs SET status = 'DEAD' WHERE status = 'HELD';
ALTER TABLE jobs
    DROP CONSTRAINT jobs_status_check,
    ADD CONSTRAINT jobs_status_check CHECK (status IN ('READY', 'RUNNING', 'DEAD'));
