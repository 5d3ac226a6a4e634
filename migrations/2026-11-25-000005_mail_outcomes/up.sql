-- How often a delivery was asked for: the job of an earlier round has nothing to do any more.
ALTER TABLE email_deliveries ADD COLUMN round integer NOT NULL DEFAULT 1;

-- What a mail tells of its own time: the subject under which its conversation began, and the price at
-- the act. None: as they are when it is sent.
ALTER TABLE email_deliveries
    ADD COLUMN thread_subject text,
    ADD COLUMN price_minor bigint,
    ADD COLUMN currency text CHECK (currency ~ '^[A-Z]{3}$'),
    ADD CONSTRAINT email_deliveries_price CHECK ((price_minor IS NULL) = (currency IS NULL));

ALTER TABLE email_deliveries
    DROP CONSTRAINT email_deliveries_reason_check,
    ADD CONSTRAINT email_deliveries_reason_check CHECK (reason IN ('NO_ADDRESS', 'INVALID_ADDRESS',
        'SUPPRESSED_AFTER_BOUNCE', 'NO_ACCESS', 'SENDER_FAULT', 'REFUSED', 'ATTEMPTS_EXHAUSTED'));

-- For the reconciler, which looks for those that nothing sends.
CREATE INDEX email_deliveries_queued ON email_deliveries (id) WHERE status = 'QUEUED';
