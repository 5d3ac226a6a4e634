-- What a firm corrected in a copy from the catalogue: the catalogue changes it no more.
ALTER TABLE obligations ADD COLUMN is_edited boolean NOT NULL DEFAULT false;
ALTER TABLE rule_versions ADD COLUMN is_corrected boolean NOT NULL DEFAULT false;

-- By the digest of the rules and holidays of the program, whether its dates were looked at since an upgrade.
ALTER TABLE firms ADD COLUMN known_rules text;
