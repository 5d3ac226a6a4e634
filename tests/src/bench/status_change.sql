-- The statements of one `ticketStatusChange`, as `log_statement = all` shows them, in their order; what the
-- program computes between them is computed inside of them, or left out. NOTIFY comes for many at once.
\set n random(1, TICKET_COUNT)
\set key random(1, 1000000000000000000)
SELECT session.id AS session_id, session.expires_at, account.id AS account_id, account.email, account.name,
    account.locale, staff.id AS staff_id, staff.firm_id, staff.role, firm.member_reach,
    access.id AS access_id, access.firm_id AS access_firm_id, access.client_id, access.role AS access_role
FROM sessions AS session
JOIN accounts AS account ON account.id = session.account_id
LEFT JOIN staff_members AS staff
    ON staff.id = session.staff_id AND staff.joined_at IS NOT NULL AND staff.disabled_at IS NULL
LEFT JOIN firms AS firm ON firm.id = staff.firm_id
LEFT JOIN portal_accesses AS access ON access.id = session.access_id AND access.status = 'ACTIVE'
WHERE session.token_hash = ('{TOKEN_HASHES}'::bytea[])[('{FIRM_PLACES}'::integer[])[:n]]
    AND session.revoked_at IS NULL AND session.expires_at > now() \gset viewer_
BEGIN;
SELECT pg_try_advisory_xact_lock(:key);
SELECT input_hash, outcome FROM idempotency_keys
WHERE actor_id = :viewer_staff_id AND mutation = 'ticketStatusChange' AND key = :key;
SELECT id, firm_id, number, client_id, opened_by_staff, opened_by_access, service_item_id, accountant_id,
    assignee_id, department_id, subject, description, price_minor, currency, status, is_untouched,
    last_message_seq, version, created_at, updated_at, closed_at
FROM tickets WHERE firm_id = :viewer_firm_id AND id = ('{TICKET_IDS}'::uuid[])[:n] FOR UPDATE \gset ticket_
SELECT client.id, client.name, client.accountant_id, firm.id AS firm_id, firm.zone, firm.currency, firm.mail_from,
    firm.client_reopen_days, firm.charge_due_days
FROM clients AS client JOIN firms AS firm ON firm.id = client.firm_id
WHERE client.id = ANY (SELECT client_id FROM tickets
    WHERE firm_id = :viewer_firm_id AND id = ('{TICKET_IDS}'::uuid[])[:n]) \gset client_
UPDATE tickets SET service_item_id = nullif(:ticket_service_item_id, '')::uuid,
    accountant_id = nullif(:ticket_accountant_id, '')::uuid, assignee_id = :ticket_assignee_id,
    department_id = nullif(:ticket_department_id, '')::uuid, subject = :ticket_subject,
    description = :ticket_description, price_minor = :ticket_price_minor,
    status = CASE :ticket_status WHEN 'WAITING' THEN 'IN_ANALYSIS' ELSE 'WAITING' END, is_untouched = false,
    last_message_seq = :ticket_last_message_seq, search_text = search_text,
    version = :ticket_version::integer + 1, updated_at = now(), closed_at = NULL
WHERE id = :ticket_id;
INSERT INTO changes (id, firm_id, subject_noun, subject_id, act_id, field, old_value, new_value, reason,
    author_staff, author_access, at)
VALUES (gen_random_uuid(), :ticket_firm_id, 'ticket', :ticket_id, md5(:key::text)::uuid, 'STATUS', :ticket_status,
    CASE :ticket_status WHEN 'WAITING' THEN 'IN_ANALYSIS' ELSE 'WAITING' END, NULL, :viewer_staff_id, NULL,
    now());
SELECT id, email, locale FROM clients WHERE id = ANY (ARRAY(SELECT unnest(ARRAY[:client_id]::uuid[]))) \gset record_
SELECT client_id, email FROM client_recipients
WHERE client_id = ANY (ARRAY(SELECT unnest(ARRAY[:client_id]::uuid[]))) AND topic = 'TICKETS'
ORDER BY client_id, position;
SELECT access.client_id, account.email_ci, account.locale
FROM portal_accesses AS access JOIN accounts AS account ON account.id = access.account_id
WHERE access.client_id = ANY (ARRAY(SELECT unnest(ARRAY[:client_id]::uuid[]))) AND access.status = 'ACTIVE';
SELECT account.id AS account_id, asked.client_id, account.email, account.locale
FROM unnest(ARRAY(SELECT account_id FROM portal_accesses WHERE id = :ticket_opened_by_access),
    ARRAY[:client_id]::uuid[]) AS asked (account_id, client_id)
JOIN accounts AS account ON account.id = asked.account_id
WHERE EXISTS (
    SELECT FROM staff_members AS staff
    WHERE staff.account_id = asked.account_id AND staff.firm_id = :ticket_firm_id
        AND staff.joined_at IS NOT NULL AND staff.disabled_at IS NULL
) OR EXISTS (
    SELECT FROM portal_accesses AS access
    WHERE access.account_id = asked.account_id AND access.client_id = asked.client_id
        AND access.firm_id = :ticket_firm_id AND access.status = 'ACTIVE'
) \gset opener_
SELECT DISTINCT ON (recipient_ci) recipient_ci, thread_subject FROM email_deliveries
WHERE subject_noun = 'ticket' AND subject_id = :ticket_id AND recipient_ci IS NOT NULL AND thread_subject IS NOT NULL
ORDER BY recipient_ci, created_at, id;
SELECT email_ci FROM accounts WHERE id = :viewer_account_id;
SELECT email_ci FROM email_suppressions
WHERE firm_id = :ticket_firm_id AND email_ci = ANY (ARRAY[:opener_email, :record_email]);
INSERT INTO email_deliveries (id, firm_id, cause_id, subject_noun, subject_id, client_id, account_id, staff_id,
    recipient, recipient_ci, locale, status, reason, message_id, thread_subject, about, facts, created_at, updated_at)
VALUES (md5(:key::text || 'a')::uuid, :ticket_firm_id, md5(:key::text)::uuid, 'ticket', :ticket_id, :client_id,
    :opener_account_id, NULL, :opener_email, :opener_email, :opener_locale, 'QUEUED', NULL,
    '<delivery_' || md5(:key::text || 'a') || '@bench.example>', :ticket_subject, 'STATUS_CHANGE',
    ('{"price": {"currency": "' || :ticket_currency || '", "amount_minor": ' || :ticket_price_minor || '}}')::jsonb,
    now(), now()),
    (md5(:key::text || 'b')::uuid, :ticket_firm_id, md5(:key::text)::uuid, 'ticket', :ticket_id, :client_id,
    NULL, NULL, :record_email, :record_email, :record_locale, 'QUEUED', NULL,
    '<delivery_' || md5(:key::text || 'b') || '@bench.example>', :ticket_subject, 'STATUS_CHANGE',
    ('{"price": {"currency": "' || :ticket_currency || '", "amount_minor": ' || :ticket_price_minor || '}}')::jsonb,
    now(), now());
INSERT INTO jobs (id, kind, key, firm_id, payload, priority, run_at, max_attempts, created_at)
VALUES (gen_random_uuid(), 'email.send', 'delivery_' || md5(:key::text || 'a'), :ticket_firm_id,
    ('{"round": 1, "delivery_id": "' || md5(:key::text || 'a') || '"}')::jsonb, 0, now(), 54, now()),
    (gen_random_uuid(), 'email.send', 'delivery_' || md5(:key::text || 'b'), :ticket_firm_id,
    ('{"round": 1, "delivery_id": "' || md5(:key::text || 'b') || '"}')::jsonb, 0, now(), 54, now())
ON CONFLICT DO NOTHING;
INSERT INTO audit (id, firm_id, at, account_id, staff_id, access_id, act, noun, subject_id, address, request_id)
VALUES (gen_random_uuid(), :ticket_firm_id, now(), :viewer_account_id, :viewer_staff_id, DEFAULT,
    'ticketStatusChange', 'ticket', :ticket_id, '127.0.0.1', md5(:key::text));
WITH feed AS (
    UPDATE firm_feed SET revision = revision + 3 WHERE firm_id = :ticket_firm_id RETURNING firm_id, revision
), written AS (
    INSERT INTO events (firm_id, revision, noun, subject_id, audience_before, audience_after, at)
    SELECT firm_id, feed.revision - 3 + e.n, e.noun, e.subject, e.before, e.after, now()
    FROM feed, unnest(
        ARRAY['ticket', 'delivery', 'delivery'],
        ARRAY[:ticket_id, md5(:key::text || 'a'), md5(:key::text || 'b')]::uuid[],
        ARRAY['{"area": "TICKETS", "client_id": "' || :client_id || '", "internal": false, "staff": ["' || :client_accountant_id
            || '", "' || :ticket_assignee_id || '"], "department_id": null}', NULL, NULL]::jsonb[],
        ARRAY['{"area": "TICKETS", "client_id": "' || :client_id || '", "internal": false, "staff": ["' || :client_accountant_id
            || '", "' || :ticket_assignee_id || '"], "department_id": null}',
            '{"area": "TICKETS", "client_id": "' || :client_id || '", "internal": true, "staff": ["' || :client_accountant_id
            || '"], "department_id": null}',
            '{"area": "TICKETS", "client_id": "' || :client_id || '", "internal": true, "staff": ["' || :client_accountant_id
            || '"], "department_id": null}']::jsonb[]
    ) WITH ORDINALITY AS e (noun, subject, before, after, n)
)
SELECT revision FROM feed \gset feed_
INSERT INTO idempotency_keys (actor_id, mutation, key, input_hash, outcome, created_at)
VALUES (:viewer_staff_id, 'ticketStatusChange', :key, sha256(:key::bytea),
    ('[{"ticket_id": "' || :ticket_id || '", "outcome": "CHANGED", "act_id": "' || md5(:key::text) || '"}, '
        || :feed_revision || ']')::jsonb, now());
COMMIT;
SELECT id, firm_id, cause_id, subject_noun, subject_id, client_id, account_id, recipient, locale, status, reason,
    message_id, attempts, smtp_reply, version, created_at, updated_at, sent_at, round, thread_subject, about, staff_id,
    facts
FROM email_deliveries
WHERE cause_id = ANY (ARRAY(SELECT unnest(ARRAY[md5(:key::text)::uuid]))) AND staff_id IS NULL
    AND (firm_id = :viewer_firm_id) IS TRUE ORDER BY id;
SELECT id, firm_id, number, client_id, opened_by_staff, opened_by_access, service_item_id, accountant_id,
    assignee_id, department_id, subject, description, price_minor, currency, status, is_untouched,
    last_message_seq, version, created_at, updated_at, closed_at
FROM tickets
WHERE (firm_id = :viewer_firm_id) IS TRUE AND id = ANY (ARRAY(SELECT unnest(ARRAY[:ticket_id]::uuid[])));
