DELETE FROM ticket_changes WHERE field IN ('FILE', 'INTERNAL_FILE');
ALTER TABLE ticket_changes DROP CONSTRAINT ticket_changes_field_check;
ALTER TABLE ticket_changes ADD CONSTRAINT ticket_changes_field_check CHECK (field IN ('CREATED', 'STATUS',
    'SUBJECT', 'DESCRIPTION', 'PRICE', 'SERVICE_ITEM', 'ACCOUNTANT', 'ASSIGNEE', 'DEPARTMENT'));
DROP TABLE file_accesses;
DROP TABLE attachments;
DROP TABLE files;
