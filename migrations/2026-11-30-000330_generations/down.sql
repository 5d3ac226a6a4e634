DELETE FROM notifications WHERE author_staff IS NULL AND author_access IS NULL;
ALTER TABLE notifications
    DROP CONSTRAINT notifications_author_check,
    ADD CONSTRAINT notifications_check CHECK (num_nonnulls(author_staff, author_access) = 1),
    DROP COLUMN count;
ALTER TABLE generations DROP COLUMN undone_by, DROP COLUMN kept;
