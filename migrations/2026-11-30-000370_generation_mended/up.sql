-- A run whose job was given up is over, and can be undone.
ALTER TABLE generations DROP CONSTRAINT generations_state_check;
ALTER TABLE generations
    ADD CONSTRAINT generations_state_check CHECK (state IN ('RUNNING', 'DONE', 'UNDOING', 'UNDONE', 'FAILED'));

-- Tasks by hand whose dates follow their kind of work are looked at chunk by chunk.
CREATE INDEX tasks_by_hand ON tasks (firm_id, id) WHERE recurring_task_id IS NULL;

-- Kinds of notification that are never mailed cannot be wished for by mail.
DELETE FROM notification_preferences
WHERE kind IN ('LATE_FILE', 'DOCUMENT_APPROVED', 'DOCUMENT_CONTESTED', 'TASKS_GENERATED', 'DUE_DATES_MOVED', 'DUE_DATES_FINAL');
