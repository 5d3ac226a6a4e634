ALTER TABLE firms ALTER COLUMN late_files SET DEFAULT true;
UPDATE firms SET late_files = true;

DROP TABLE document_tellings;
ALTER TABLE document_versions DROP COLUMN act_id;

-- The texts are folded anew by whatever program runs then.
UPDATE documents SET search_text = '', search_fold = 1;
