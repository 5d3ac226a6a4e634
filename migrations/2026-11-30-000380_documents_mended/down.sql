-- The texts are folded anew by whatever program runs then.
UPDATE documents SET search_text = '', search_fold = 1;
