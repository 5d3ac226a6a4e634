-- Mails about changes of status that happened, each to an address of its own. Their jobs come later.
INSERT INTO email_deliveries (id, firm_id, cause_id, subject_noun, subject_id, client_id, recipient, recipient_ci, locale,
    status, message_id, created_at, updated_at)
SELECT made.id, firm_id, act_id, 'ticket', ticket_id, client_id, made.recipient, made.recipient, locale, 'QUEUED',
    '<delivery_' || replace(made.id::text, '-', '') || '@bench.example>', now(), now()
FROM (
    SELECT change.firm_id, change.act_id, change.subject_id AS ticket_id, ticket.client_id, client.locale
    FROM changes AS change
    JOIN tickets AS ticket ON ticket.id = change.subject_id
    JOIN clients AS client ON client.id = ticket.client_id
    WHERE change.subject_noun = 'ticket' AND change.field = 'STATUS'
    ORDER BY change.id LIMIT $1
) AS change
CROSS JOIN LATERAL (
    SELECT gen_random_uuid() AS id, 'reader-' || replace(act_id::text, '-', '') || '@bench.example' AS recipient
) AS made
