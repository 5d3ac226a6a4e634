-- Search texts are folded by version 2 of the folding (schema/base/src/search.rs). A reconciler folds the rows of
-- version 1 anew, in batches; until then they are found by a likeness of what they will be.
ALTER TABLE clients ADD COLUMN search_fold smallint NOT NULL DEFAULT 1;
ALTER TABLE service_items ADD COLUMN search_fold smallint NOT NULL DEFAULT 1;
ALTER TABLE tickets ADD COLUMN search_fold smallint NOT NULL DEFAULT 1;
CREATE INDEX clients_search_fold ON clients (search_fold);
CREATE INDEX service_items_search_fold ON service_items (search_fold);
CREATE INDEX tickets_search_fold ON tickets (search_fold);

CREATE FUNCTION search_fold_1_as_2(folded text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
    regexp_replace(
        translate(replace(replace(replace(folded, 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss'), 'øđłðı', 'odldi'),
        '[][''"`´’‘“”«».,;:/(){}<>!?¿¡*+|~^–—…-]', '', 'g'
    );

-- Names are composed from now on (Unicode NFC). An old name stays decomposed only where the composed one is taken.
UPDATE service_items AS item SET name = normalize(name, NFC) WHERE name IS NOT NFC NORMALIZED AND NOT EXISTS (
    SELECT FROM service_items AS other
    WHERE other.firm_id = item.firm_id AND other.id <> item.id AND normalize(other.name, NFC) = normalize(item.name, NFC)
);
UPDATE departments AS department SET name = normalize(name, NFC) WHERE name IS NOT NFC NORMALIZED AND NOT EXISTS (
    SELECT FROM departments AS other
    WHERE other.firm_id = department.firm_id AND other.id <> department.id
        AND normalize(other.name, NFC) = normalize(department.name, NFC)
);
