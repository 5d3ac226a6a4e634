ALTER TABLE firms DROP COLUMN known_rules;
ALTER TABLE document_definitions DROP COLUMN hand_in_rule;
ALTER TABLE rule_versions DROP COLUMN is_corrected;
ALTER TABLE obligations DROP COLUMN is_edited;
