DELETE FROM client_recipients WHERE topic <> 'TICKETS';
ALTER TABLE client_recipients DROP CONSTRAINT client_recipients_topic_check;
ALTER TABLE client_recipients ADD CONSTRAINT client_recipients_topic_check CHECK (topic IN ('TICKETS'));
DROP TABLE exports, calendar_feeds, saved_views, document_versions, documents, folders, tasks, undone_periods, generations,
    recurring_task_unexpected, recurring_task_overrides, recurring_task_pauses, recurring_tasks, document_definitions,
    task_types, confirmed_years, firm_holidays, due_date_extensions, rule_versions, obligations, client_events, fiscal_years,
    client_attributes, registrations;
-- Files and histories of what is gone.
DELETE FROM attachments WHERE subject_noun IN ('task', 'document');
DELETE FROM read_marks WHERE subject_noun IN ('task', 'document');
DELETE FROM messages WHERE subject_noun IN ('task', 'document');
DELETE FROM changes WHERE subject_noun IN ('task', 'document');
ALTER TABLE firms DROP CONSTRAINT firms_clock,
    DROP COLUMN office_days, DROP COLUMN office_region, DROP COLUMN office_city, DROP COLUMN late_files,
    DROP COLUMN is_demo, DROP COLUMN clock_ahead_seconds, DROP COLUMN told_day;
ALTER TABLE clients DROP COLUMN country, DROP COLUMN zone, DROP COLUMN fiscal_year_end, DROP COLUMN ended_on;
