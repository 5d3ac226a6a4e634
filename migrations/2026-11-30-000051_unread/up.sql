-- D-12: which things a person has read, and how far, for filters by unread messages.
CREATE INDEX read_marks_reader ON read_marks (reader_id, subject_id) INCLUDE (seq);
