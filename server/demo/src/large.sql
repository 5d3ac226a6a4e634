-- Multiplies the firms of the small demo. A row that is copied keeps all columns that are not named here, so that a new
-- column needs nothing here. Ids are UUIDv7 of the copied row's time.

CREATE FUNCTION pg_temp.v7(at timestamptz, salt text) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
        || '7' || substr(md5(salt), 1, 3) || '8' || substr(md5(salt), 4, 15))::uuid
$$;

CREATE TEMP TABLE firm_copy ON COMMIT DROP AS
SELECT no, old.id AS old_id, pg_temp.v7(old.created_at - interval '730 days', concat(old.id, no)) AS id,
    'firm-' || lpad(no::text, 3, '0') || '.example' AS domain,
    CASE no WHEN 1 THEN CLIENTS_OF_FIRST ELSE CLIENTS_OF_OTHERS END AS clients,
    CASE no WHEN 1 THEN STAFF_OF_FIRST ELSE STAFF_OF_OTHERS END AS staff,
    CASE no WHEN 1 THEN TICKETS_OF_FIRST ELSE TICKETS_OF_OTHERS END AS tickets
FROM generate_series(1, FIRMS) AS no
JOIN unnest(ARRAY[OWNERS]) WITH ORDINALITY AS owner (email, place) ON owner.place = 1 + (no - 1) % 3
JOIN accounts ON accounts.email_ci = owner.email
JOIN staff_members AS staff ON staff.account_id = accounts.id AND staff.role = 'OWNER'
JOIN firms AS old ON old.id = staff.firm_id;

INSERT INTO firms SELECT copy.* FROM firm_copy AS f JOIN firms AS old ON old.id = f.old_id,
LATERAL jsonb_populate_record(old, jsonb_build_object('id', f.id, 'name', old.name || ' ' || lpad(f.no::text, 3, '0'),
    'mail_from', 'noreply@' || f.domain, 'mail_reply_to', 'office@' || f.domain,
    'created_at', old.created_at - interval '730 days')) AS copy;
INSERT INTO firm_feed (firm_id, epoch) SELECT id, gen_random_uuid() FROM firm_copy;
INSERT INTO ticket_numbers (firm_id, last) SELECT id, tickets FROM firm_copy;

-- The first nine are as in the small demo, of whom seven work; the others are members like the third to the seventh.
-- `round` tells those apart who are like the same one.
CREATE TEMP TABLE staff_copy ON COMMIT DROP AS
WITH old AS (
    SELECT staff.*, row_number() OVER (PARTITION BY firm_id ORDER BY staff.id) AS place
    FROM staff_members AS staff WHERE firm_id IN (SELECT old_id FROM firm_copy)
)
SELECT f.id AS firm_id, old.id AS old_id, old.account_id AS old_account_id,
    pg_temp.v7(old.created_at - interval '730 days', concat(old.id, f.no, ' ', nth)) AS id,
    pg_temp.v7(old.created_at - interval '730 days', concat(old.account_id, f.no, ' ', nth)) AS account_id,
    'staff-' || lpad(nth::text, 2, '0') || '@' || f.domain AS email,
    CASE WHEN nth > 9 THEN (nth - 5) / 5 ELSE 0 END AS round,
    count(*) OVER (PARTITION BY f.id, old.id) AS rounds
FROM firm_copy AS f CROSS JOIN LATERAL generate_series(1, f.staff + 2) AS nth
JOIN old ON old.firm_id = f.old_id AND old.place = CASE WHEN nth > 9 THEN 3 + (nth - 10) % 5 ELSE nth END;
CREATE INDEX ON staff_copy (firm_id, old_id, round);

INSERT INTO accounts SELECT copy.* FROM staff_copy AS s JOIN accounts AS old ON old.id = s.old_account_id,
LATERAL jsonb_populate_record(old, jsonb_build_object('id', s.account_id, 'email', s.email, 'email_ci', s.email,
    'name', old.name || CASE s.round WHEN 0 THEN '' ELSE ' ' || 1 + s.round END)) AS copy;
INSERT INTO staff_members SELECT copy.* FROM staff_copy AS s JOIN staff_members AS old ON old.id = s.old_id,
LATERAL jsonb_populate_record(old, jsonb_build_object('id', s.id, 'firm_id', s.firm_id, 'account_id', s.account_id,
    'name', old.name || CASE s.round WHEN 0 THEN '' ELSE ' ' || 1 + s.round END, 'name_key', '',
    'created_at', old.created_at - interval '730 days', 'joined_at', old.joined_at - interval '730 days')) AS copy;

CREATE TEMP TABLE department_copy ON COMMIT DROP AS
SELECT f.id AS firm_id, old.id AS old_id,
    pg_temp.v7(old.created_at - interval '730 days', concat(old.id, f.no)) AS id
FROM firm_copy AS f JOIN departments AS old ON old.firm_id = f.old_id;
INSERT INTO departments SELECT copy.* FROM department_copy AS d JOIN departments AS old ON old.id = d.old_id
JOIN staff_copy AS lead ON lead.firm_id = d.firm_id AND lead.old_id = old.lead_id AND lead.round = 0,
LATERAL jsonb_populate_record(old, jsonb_build_object('id', d.id, 'firm_id', d.firm_id, 'lead_id', lead.id,
    'created_at', old.created_at - interval '730 days')) AS copy;
INSERT INTO department_members (department_id, staff_id, firm_id) SELECT d.id, s.id, d.firm_id
FROM department_copy AS d JOIN department_members AS old ON old.department_id = d.old_id
JOIN staff_copy AS s ON s.firm_id = d.firm_id AND s.old_id = old.staff_id;

CREATE TEMP TABLE service_copy ON COMMIT DROP AS
SELECT f.id AS firm_id, old.id AS old_id,
    pg_temp.v7(old.created_at - interval '730 days', concat(old.id, f.no)) AS id
FROM firm_copy AS f JOIN service_items AS old ON old.firm_id = f.old_id;
INSERT INTO service_items SELECT copy.* FROM service_copy AS s JOIN service_items AS old ON old.id = s.old_id
LEFT JOIN department_copy AS d ON d.firm_id = s.firm_id AND d.old_id = old.department_id,
LATERAL jsonb_populate_record(old, jsonb_build_object('id', s.id, 'firm_id', s.firm_id, 'department_id', d.id)) AS copy;

-- Copies of clients with an active admin. Each copy has a copy of that admin as its only user; one in fifty has no
-- e-mail address.
CREATE TEMP TABLE client_copy ON COMMIT DROP AS
WITH old AS (
    SELECT client.*, access.id AS access_id, access.account_id,
        row_number() OVER (PARTITION BY client.firm_id ORDER BY client.id) - 1 AS place,
        count(*) OVER (PARTITION BY client.firm_id) AS many
    FROM clients AS client JOIN portal_accesses AS access ON access.client_id = client.id
    WHERE client.firm_id IN (SELECT old_id FROM firm_copy) AND access.role = 'ADMIN' AND access.status = 'ACTIVE'
)
SELECT f.id AS firm_id, nth AS no, old.id AS old_id, old.access_id AS old_access_id,
    old.account_id AS old_account_id, old.accountant_id AS old_accountant_id,
    CASE WHEN nth > old.many THEN ' ' || lpad(nth::text, 5, '0') ELSE '' END AS suffix,
    split_part(old.search_text, ' ' || lower(old.registration), 1) AS folded,
    'client-' || lpad(nth::text, 5, '0') || '.' || f.domain AS host,
    pg_temp.v7(old.created_at - interval '730 days', concat(old.id, f.no, ' ', nth)) AS id,
    pg_temp.v7(old.created_at - interval '730 days', concat(old.access_id, f.no, ' ', nth)) AS access_id,
    pg_temp.v7(old.created_at - interval '730 days', concat(old.account_id, f.no, ' c', nth)) AS account_id
FROM firm_copy AS f CROSS JOIN LATERAL generate_series(1, f.clients) AS nth
JOIN old ON old.firm_id = f.old_id AND old.place = (nth - 1) % old.many;
CREATE INDEX ON client_copy (firm_id, no);

INSERT INTO clients SELECT copy.* FROM client_copy AS c JOIN clients AS old ON old.id = c.old_id
LEFT JOIN staff_copy AS s ON s.firm_id = c.firm_id AND s.old_id = c.old_accountant_id AND s.round = c.no % s.rounds,
LATERAL jsonb_populate_record(old, jsonb_build_object('id', c.id, 'firm_id', c.firm_id, 'name', old.name || c.suffix, 'name_key', '',
    'email', CASE WHEN c.no % 50 <> 8 THEN 'office@' || c.host END, 'registration', NULL, 'phone', NULL,
    'accountant_id', s.id, 'search_text', c.folded || c.suffix || ' office@' || c.host,
    'created_at', old.created_at - interval '730 days', 'updated_at', old.updated_at - interval '730 days')) AS copy;
INSERT INTO accounts SELECT copy.* FROM client_copy AS c JOIN accounts AS old ON old.id = c.old_account_id,
LATERAL jsonb_populate_record(old, jsonb_build_object('id', c.account_id, 'email', 'admin@' || c.host,
    'email_ci', 'admin@' || c.host)) AS copy;
INSERT INTO portal_accesses SELECT copy.* FROM client_copy AS c JOIN portal_accesses AS old ON old.id = c.old_access_id,
LATERAL jsonb_populate_record(old, jsonb_build_object('id', c.access_id, 'firm_id', c.firm_id, 'client_id', c.id,
    'account_id', c.account_id, 'created_at', old.created_at - interval '730 days')) AS copy;

-- Tickets like those with a conversation, some whole weeks earlier. `hash` decides what is by chance.
CREATE TEMP TABLE ticket_copy ON COMMIT DROP AS
WITH old AS (
    SELECT ticket.*, row_number() OVER (PARTITION BY firm_id ORDER BY id) - 1 AS place,
        count(*) OVER (PARTITION BY firm_id) AS many
    FROM tickets AS ticket
    WHERE firm_id IN (SELECT old_id FROM firm_copy) AND last_message_seq BETWEEN 2 AND 8
), copy AS (
    SELECT f.no AS firm, f.id AS firm_id, f.clients, nth AS no, ('x' || substr(md5(concat(f.no, ' ', nth)), 1, 7))::bit(28)::int AS hash,
        old.id AS old_id, old.created_at
    FROM firm_copy AS f CROSS JOIN LATERAL generate_series(1, f.tickets) AS nth
    JOIN old ON old.firm_id = f.old_id AND old.place = (nth - 1) % old.many
)
SELECT copy.firm_id, copy.old_id, copy.hash, c.id AS client_id, c.access_id, c.folded || c.suffix AS client,
    (hash % 96) * interval '7 days' AS shift,
    pg_temp.v7(created_at - (hash % 96) * interval '7 days', concat(copy.old_id, firm, ' ', copy.no)) AS id,
    row_number() OVER (PARTITION BY firm ORDER BY created_at - (hash % 96) * interval '7 days', copy.no) AS number
FROM copy JOIN client_copy AS c ON c.firm_id = copy.firm_id AND c.no = CASE
    WHEN firm = 1 AND copy.no <= BUSY_CLIENTS * TICKETS_OF_BUSY THEN 1 + copy.no % BUSY_CLIENTS
    ELSE 1 + hash / 96 % copy.clients
END
ORDER BY firm, number;
CREATE INDEX ON ticket_copy (old_id);
ANALYZE firm_copy, staff_copy, department_copy, service_copy, client_copy, ticket_copy;

INSERT INTO tickets SELECT copy.* FROM ticket_copy AS t JOIN tickets AS old ON old.id = t.old_id
JOIN staff_copy AS assignee ON assignee.firm_id = t.firm_id AND assignee.old_id = old.assignee_id
    AND assignee.round = t.hash % assignee.rounds
LEFT JOIN staff_copy AS accountant ON accountant.firm_id = t.firm_id AND accountant.old_id = old.accountant_id
    AND accountant.round = t.hash % accountant.rounds
LEFT JOIN staff_copy AS opener ON opener.firm_id = t.firm_id AND opener.old_id = old.opened_by_staff
    AND opener.round = t.hash % opener.rounds
LEFT JOIN department_copy AS d ON d.firm_id = t.firm_id AND d.old_id = old.department_id
LEFT JOIN service_copy AS s ON s.firm_id = t.firm_id AND s.old_id = old.service_item_id,
LATERAL jsonb_populate_record(old, jsonb_build_object('id', t.id, 'firm_id', t.firm_id, 'number', t.number,
    'client_id', t.client_id, 'assignee_id', assignee.id, 'accountant_id', accountant.id, 'opened_by_staff', opener.id,
    'opened_by_access', CASE WHEN opener.id IS NULL THEN t.access_id END, 'department_id', d.id, 'service_item_id', s.id,
    'search_text', t.client || E'\n#' || t.number || substr(split_part(old.search_text, E'\n', 2), 2 + length(old.number::text)),
    'created_at', old.created_at - t.shift, 'updated_at', old.updated_at - t.shift,
    'closed_at', old.closed_at - t.shift)) AS copy;

-- What history spells as the API does: `staff_…`, `department_…`.
CREATE TEMP TABLE value_copy ON COMMIT DROP AS
SELECT firm_id, 'staff_' || replace(old_id::text, '-', '') AS source, 'staff_' || replace(id::text, '-', '') AS target,
    round, rounds FROM staff_copy
UNION ALL
SELECT firm_id, 'department_' || replace(old_id::text, '-', ''), 'department_' || replace(id::text, '-', ''), 0, 1
FROM department_copy;
ANALYZE value_copy;

-- Without those of files, which are not copied.
INSERT INTO changes OVERRIDING SYSTEM VALUE
SELECT copy.* FROM ticket_copy AS t JOIN changes AS old ON old.subject_id = t.old_id
LEFT JOIN staff_copy AS s ON s.firm_id = t.firm_id AND s.old_id = old.author_staff AND s.round = t.hash % s.rounds
LEFT JOIN value_copy AS was ON was.firm_id = t.firm_id AND was.source = old.old_value AND was.round = t.hash % was.rounds
LEFT JOIN value_copy AS is_now ON is_now.firm_id = t.firm_id AND is_now.source = old.new_value
    AND is_now.round = t.hash % is_now.rounds,
LATERAL jsonb_populate_record(old, jsonb_build_object('id', pg_temp.v7(old.at - t.shift, concat(old.id, t.id)),
    'firm_id', t.firm_id, 'subject_id', t.id, 'act_id', pg_temp.v7(old.at - t.shift, concat(old.act_id, t.id)),
    'old_value', coalesce(was.target, old.old_value), 'new_value', coalesce(is_now.target, old.new_value),
    'author_staff', s.id, 'author_access', CASE WHEN s.id IS NULL THEN t.access_id END,
    'at', old.at - t.shift)) AS copy
WHERE old.field NOT IN ('FILE', 'INTERNAL_FILE');

INSERT INTO messages SELECT copy.* FROM ticket_copy AS t JOIN messages AS old ON old.subject_id = t.old_id
LEFT JOIN staff_copy AS s ON s.firm_id = t.firm_id AND s.old_id = old.author_staff AND s.round = t.hash % s.rounds,
LATERAL jsonb_populate_record(old, jsonb_build_object('id', pg_temp.v7(old.created_at - t.shift, concat(old.id, t.id)),
    'firm_id', t.firm_id, 'subject_id', t.id, 'author_staff', s.id,
    'author_access', CASE WHEN s.id IS NULL THEN t.access_id END, 'created_at', old.created_at - t.shift)) AS copy;

INSERT INTO read_marks SELECT copy.* FROM ticket_copy AS t JOIN read_marks AS old ON old.subject_id = t.old_id
LEFT JOIN staff_copy AS s ON s.firm_id = t.firm_id AND s.old_id = old.reader_id AND s.round = t.hash % s.rounds,
LATERAL jsonb_populate_record(old, jsonb_build_object('firm_id', t.firm_id, 'subject_id', t.id,
    'reader_id', coalesce(s.id, t.access_id), 'at', old.at - t.shift)) AS copy
ON CONFLICT DO NOTHING;

INSERT INTO ticket_transfers OVERRIDING SYSTEM VALUE
SELECT copy.* FROM ticket_copy AS t JOIN ticket_transfers AS old ON old.ticket_id = t.old_id
JOIN staff_copy AS giver ON giver.firm_id = t.firm_id AND giver.old_id = old.from_staff AND giver.round = t.hash % giver.rounds
JOIN staff_copy AS taker ON taker.firm_id = t.firm_id AND taker.old_id = old.to_staff AND taker.round = t.hash % taker.rounds
JOIN staff_copy AS actor ON actor.firm_id = t.firm_id AND actor.old_id = old.by_staff AND actor.round = t.hash % actor.rounds
LEFT JOIN department_copy AS source ON source.firm_id = t.firm_id AND source.old_id = old.from_department
LEFT JOIN department_copy AS target ON target.firm_id = t.firm_id AND target.old_id = old.to_department,
LATERAL jsonb_populate_record(old, jsonb_build_object('id', pg_temp.v7(old.at - t.shift, concat(old.id, t.id)),
    'firm_id', t.firm_id, 'ticket_id', t.id, 'from_staff', giver.id, 'to_staff', taker.id, 'by_staff', actor.id,
    'from_department', source.id, 'to_department', target.id, 'at', old.at - t.shift)) AS copy;

INSERT INTO charges SELECT copy.* FROM ticket_copy AS t JOIN charges AS old ON old.ticket_id = t.old_id,
LATERAL jsonb_populate_record(old, jsonb_build_object('id', pg_temp.v7(old.created_at - t.shift, concat(old.id, t.id)),
    'firm_id', t.firm_id, 'client_id', t.client_id, 'ticket_id', t.id,
    'description', regexp_replace(old.description, '^#\d+', '#' || t.number), 'due_on', (old.due_on - t.shift)::date,
    'paid_at', old.paid_at - t.shift, 'created_at', old.created_at - t.shift, 'updated_at', old.updated_at - t.shift)) AS copy;
