-- A mail that tells a staff member something names the person: without a name it would be every colleague's to read.
ALTER TABLE email_deliveries
    ADD CONSTRAINT email_deliveries_told_staff CHECK (about <> 'NOTIFICATION' OR staff_id IS NOT NULL);
