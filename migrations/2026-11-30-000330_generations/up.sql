-- C-11: who undid a run, and how many of its tasks stayed because somebody had touched them.
ALTER TABLE generations
    ADD COLUMN kept integer NOT NULL DEFAULT 0,
    ADD COLUMN undone_by uuid REFERENCES staff_members (id);

-- An act that is done in parts tells a person once, and how many things it was. What the system does has no author.
ALTER TABLE notifications
    ADD COLUMN count integer,
    DROP CONSTRAINT notifications_check,
    ADD CONSTRAINT notifications_author_check CHECK (num_nonnulls(author_staff, author_access) <= 1);
