ALTER TABLE firms DROP COLUMN known_rules;
ALTER TABLE rule_versions DROP COLUMN is_corrected;
ALTER TABLE obligations DROP COLUMN is_edited;
