-- What a firm corrected in a copy from the catalogue: the catalogue changes it no more.
ALTER TABLE obligations ADD COLUMN is_edited boolean NOT NULL DEFAULT false;
ALTER TABLE rule_versions ADD COLUMN is_corrected boolean NOT NULL DEFAULT false;

-- Until when the client hands in a document, where that is not what the kind of work says.
ALTER TABLE document_definitions ADD COLUMN hand_in_rule jsonb;

-- By the digest of the rules and holidays of the program, whether its dates were looked at since an upgrade.
ALTER TABLE firms ADD COLUMN known_rules text;
