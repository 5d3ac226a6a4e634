-- A-11: staff say of one document that its task does not need it.
ALTER TABLE document_answers DROP CONSTRAINT document_answers_answer_check;
ALTER TABLE document_answers ADD CONSTRAINT document_answers_answer_check
    CHECK (answer IN ('NOTHING_TO_SUBMIT', 'APPROVED', 'CONTESTED', 'NOT_EXPECTED'));

-- The rows of a file in the order that was asked for.
ALTER TABLE exports ADD COLUMN order_by jsonb;

-- What is outstanding, in the order of the lists, whatever the length of the history.
DROP INDEX documents_open;
DROP INDEX documents_firm_open;
CREATE INDEX documents_open ON documents (client_id, coalesce(due_on, '9999-12-31'), id)
    WHERE (direction = 'INPUT' AND state IN ('EXPECTED', 'REJECTED'))
        OR (direction = 'OUTPUT' AND published_at IS NOT NULL AND read_at IS NULL);
CREATE INDEX documents_firm_open ON documents (firm_id, coalesce(due_on, '9999-12-31'), id)
    WHERE (direction = 'INPUT' AND state IN ('EXPECTED', 'REJECTED'))
        OR (direction = 'OUTPUT' AND published_at IS NOT NULL AND read_at IS NULL);
CREATE INDEX tasks_firm_open_due ON tasks (firm_id, coalesce(legal_due_on, '9999-12-31'), id)
    WHERE status NOT IN ('DONE', 'CANCELED');
-- Approvals that wait, or of which the client said that something is wrong.
CREATE INDEX documents_approval ON documents (client_id, coalesce(due_on, '9999-12-31'), id)
    WHERE approval IN ('WAITING', 'CONTESTED');
CREATE INDEX documents_firm_approval ON documents (firm_id, coalesce(due_on, '9999-12-31'), id)
    WHERE approval IN ('WAITING', 'CONTESTED');

-- Lists by the time of creation.
CREATE INDEX tasks_firm_created ON tasks (firm_id, created_at DESC, id DESC);
CREATE INDEX documents_firm_created ON documents (firm_id, created_at DESC, id DESC);
CREATE INDEX documents_client_created ON documents (client_id, created_at DESC, id DESC);
CREATE INDEX recurring_tasks_firm_created ON recurring_tasks (firm_id, created_at, id);
