DROP INDEX read_marks_reader;
