DROP TABLE audit, idempotency_keys, job_pauses, jobs, events, firm_feed;
DROP FUNCTION refuse_rewrite();
