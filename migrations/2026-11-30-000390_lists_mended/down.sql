DROP INDEX recurring_tasks_firm_created;
DROP INDEX documents_client_created;
DROP INDEX documents_firm_created;
DROP INDEX tasks_firm_created;
DROP INDEX documents_firm_approval;
DROP INDEX documents_approval;
DROP INDEX tasks_firm_open_due;
DROP INDEX documents_firm_open;
DROP INDEX documents_open;
CREATE INDEX documents_open ON documents (client_id, due_on, id)
    WHERE (direction = 'INPUT' AND state IN ('EXPECTED', 'REJECTED'))
        OR (direction = 'OUTPUT' AND published_at IS NOT NULL AND read_at IS NULL);
CREATE INDEX documents_firm_open ON documents (firm_id, due_on, id)
    WHERE (direction = 'INPUT' AND state IN ('EXPECTED', 'REJECTED'))
        OR (direction = 'OUTPUT' AND published_at IS NOT NULL AND read_at IS NULL);
ALTER TABLE exports DROP COLUMN order_by;
DELETE FROM document_answers WHERE answer = 'NOT_EXPECTED';
ALTER TABLE document_answers DROP CONSTRAINT document_answers_answer_check;
ALTER TABLE document_answers ADD CONSTRAINT document_answers_answer_check
    CHECK (answer IN ('NOTHING_TO_SUBMIT', 'APPROVED', 'CONTESTED'));
