-- The texts by which documents are found had words of their tasks. They are folded anew without them; until then, within
-- minutes, they are not found by words.
UPDATE documents SET search_text = '', search_fold = 1;

-- No client sees the firm's own date: what had it as the day to hand in has the date of the law.
UPDATE documents SET due_on = documents.legal_due_on
FROM tasks
WHERE tasks.id = documents.task_id AND documents.direction = 'INPUT' AND NOT documents.is_due_set
    AND tasks.hand_in_by IS NULL AND documents.due_on = tasks.target_on;
