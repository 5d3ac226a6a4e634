-- The texts by which documents are found had words of their tasks. They are folded anew without them; until then, within
-- minutes, they are not found by words.
UPDATE documents SET search_text = '', search_fold = 1;

-- No client sees the firm's own date: what had it as the day to hand in has the date of the law.
UPDATE documents SET due_on = documents.legal_due_on
FROM tasks
WHERE tasks.id = documents.task_id AND documents.direction = 'INPUT' AND NOT documents.is_due_set
    AND tasks.hand_in_by IS NULL AND documents.due_on = tasks.target_on;

-- The act that handed a version in, with others.
ALTER TABLE document_versions ADD COLUMN act_id uuid;
CREATE INDEX document_versions_act ON document_versions (act_id) WHERE act_id IS NOT NULL;

-- What was published of files that were handed in together, and is told when the last of them is stored or refused.
CREATE TABLE document_tellings (
    act_id uuid NOT NULL,
    document_id uuid NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    firm_id uuid NOT NULL REFERENCES firms (id),
    client_id uuid NOT NULL REFERENCES clients (id),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (act_id, document_id)
);

-- Work that is done takes files only where the firm says so.
ALTER TABLE firms ALTER COLUMN late_files SET DEFAULT false;
UPDATE firms SET late_files = false;
