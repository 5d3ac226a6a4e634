DROP INDEX email_deliveries_queued;
UPDATE email_deliveries SET reason = 'INVALID_ADDRESS' WHERE reason IN ('NO_ACCESS', 'SENDER_FAULT');
ALTER TABLE email_deliveries
    DROP CONSTRAINT email_deliveries_reason_check,
    ADD CONSTRAINT email_deliveries_reason_check CHECK (reason IN ('NO_ADDRESS', 'INVALID_ADDRESS',
        'SUPPRESSED_AFTER_BOUNCE', 'REFUSED', 'ATTEMPTS_EXHAUSTED'));
ALTER TABLE email_deliveries
    DROP CONSTRAINT email_deliveries_price,
    DROP COLUMN currency, DROP COLUMN price_minor, DROP COLUMN thread_subject, DROP COLUMN round;
