-- Only tickets had any of these before.
DELETE FROM attachments WHERE subject_noun <> 'ticket';
DELETE FROM read_marks WHERE subject_noun <> 'ticket';
DELETE FROM messages WHERE subject_noun <> 'ticket';
DELETE FROM changes WHERE subject_noun <> 'ticket';
ALTER TABLE attachments DROP COLUMN posted_with_message;

ALTER SEQUENCE changes_seq_seq RENAME TO ticket_changes_seq_seq;
ALTER INDEX attachments_subject RENAME TO attachments_ticket;
ALTER INDEX changes_act RENAME TO ticket_changes_act;
ALTER INDEX changes_subject RENAME TO ticket_changes_order;
ALTER TABLE changes RENAME TO ticket_changes;
ALTER TABLE messages RENAME TO ticket_messages;
ALTER TABLE read_marks RENAME TO ticket_reads;

DO $$
DECLARE
    name text;
    one record;
BEGIN
    FOREACH name IN ARRAY ARRAY['ticket_changes', 'ticket_messages', 'ticket_reads', 'attachments'] LOOP
        EXECUTE format('ALTER TABLE %I DROP COLUMN subject_noun', name);
        EXECUTE format('ALTER TABLE %I RENAME COLUMN subject_id TO ticket_id', name);
    END LOOP;
    FOR one IN
        SELECT conrelid::regclass AS owner, conname::text AS old,
            replace(regexp_replace(regexp_replace(conname, '^(changes|messages)_', 'ticket_\1_'),
                '^read_marks_', 'ticket_reads_'), 'subject_id', 'ticket_id') AS new
        FROM pg_constraint
        WHERE conrelid IN ('ticket_changes'::regclass, 'ticket_messages'::regclass, 'ticket_reads'::regclass)
    LOOP
        IF one.old <> one.new THEN
            EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', one.owner, one.old, one.new);
        END IF;
    END LOOP;
END $$;

ALTER TABLE attachments ADD FOREIGN KEY (ticket_id) REFERENCES tickets (id);
ALTER TABLE ticket_reads ADD FOREIGN KEY (ticket_id) REFERENCES tickets (id);
ALTER TABLE ticket_messages ADD FOREIGN KEY (ticket_id) REFERENCES tickets (id);
ALTER TABLE ticket_changes ADD FOREIGN KEY (ticket_id) REFERENCES tickets (id);
ALTER TABLE ticket_changes ADD CONSTRAINT ticket_changes_field_check CHECK (field IN ('CREATED', 'STATUS',
    'SUBJECT', 'DESCRIPTION', 'PRICE', 'SERVICE_ITEM', 'ACCOUNTANT', 'ASSIGNEE', 'DEPARTMENT', 'FILE',
    'INTERNAL_FILE'));
