DROP INDEX tasks_by_hand;
UPDATE generations SET state = 'DONE' WHERE state = 'FAILED';
ALTER TABLE generations DROP CONSTRAINT generations_state_check;
ALTER TABLE generations
    ADD CONSTRAINT generations_state_check CHECK (state IN ('RUNNING', 'DONE', 'UNDOING', 'UNDONE'));
