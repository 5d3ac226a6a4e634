-- The texts by which documents are found had words of their tasks. They are folded anew without them; until then, within
-- minutes, they are not found by words.
UPDATE documents SET search_text = '', search_fold = 1;
