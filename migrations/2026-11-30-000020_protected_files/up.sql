-- Whether a file can be opened with a password only, as far as its content tells.
ALTER TABLE files ADD COLUMN is_protected boolean NOT NULL DEFAULT false;
