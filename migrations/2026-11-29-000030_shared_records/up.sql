-- Histories, conversations, read marks and attachments belong to a subject: the noun and the id of a thing, as `events`
-- name it. Tickets are the first nouns that have them. Which fields a history tells of is said by the noun's enum.
ALTER TABLE ticket_changes RENAME TO changes;
ALTER TABLE ticket_messages RENAME TO messages;
ALTER TABLE ticket_reads RENAME TO read_marks;
ALTER TABLE changes DROP CONSTRAINT ticket_changes_field_check;
ALTER TABLE changes DROP CONSTRAINT ticket_changes_ticket_id_fkey;
ALTER TABLE messages DROP CONSTRAINT ticket_messages_ticket_id_fkey;
ALTER TABLE read_marks DROP CONSTRAINT ticket_reads_ticket_id_fkey;
ALTER TABLE attachments DROP CONSTRAINT attachments_ticket_id_fkey;

DO $$
DECLARE
    name text;
    one record;
BEGIN
    FOREACH name IN ARRAY ARRAY['changes', 'messages', 'read_marks', 'attachments'] LOOP
        EXECUTE format('ALTER TABLE %I RENAME COLUMN ticket_id TO subject_id', name);
        EXECUTE format('ALTER TABLE %I ADD COLUMN subject_noun text NOT NULL DEFAULT ''ticket''', name);
        EXECUTE format('ALTER TABLE %I ALTER COLUMN subject_noun DROP DEFAULT', name);
    END LOOP;
    -- Constraints follow the names of their tables; those of keys rename their indexes too.
    FOR one IN
        SELECT conrelid::regclass AS owner, conname::text AS old,
            replace(replace(replace(replace(conname, 'ticket_changes', 'changes'), 'ticket_messages', 'messages'),
                'ticket_reads', 'read_marks'), 'ticket_id', 'subject_id') AS new
        FROM pg_constraint
        WHERE conrelid IN ('changes'::regclass, 'messages'::regclass, 'read_marks'::regclass, 'attachments'::regclass)
    LOOP
        IF one.old <> one.new THEN
            EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', one.owner, one.old, one.new);
        END IF;
    END LOOP;
END $$;

ALTER INDEX ticket_changes_order RENAME TO changes_subject;
ALTER INDEX ticket_changes_act RENAME TO changes_act;
ALTER INDEX attachments_ticket RENAME TO attachments_subject;
ALTER SEQUENCE ticket_changes_seq_seq RENAME TO changes_seq_seq;

-- Whether a file was posted with its message, which then tells of it, or attached to it later (D-11).
ALTER TABLE attachments ADD COLUMN posted_with_message boolean NOT NULL DEFAULT false;
UPDATE attachments SET posted_with_message = true
FROM messages WHERE messages.id = attachments.message_id AND messages.created_at = attachments.created_at;
ALTER TABLE attachments ADD CONSTRAINT attachments_posted_check CHECK (NOT posted_with_message OR message_id IS NOT NULL);
