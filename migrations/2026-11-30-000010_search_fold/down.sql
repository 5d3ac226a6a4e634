DROP FUNCTION search_fold_1_as_2;
ALTER TABLE tickets DROP COLUMN search_fold;
ALTER TABLE service_items DROP COLUMN search_fold;
ALTER TABLE clients DROP COLUMN search_fold;
