\set client random(1, CLIENT_COUNT)
SELECT json_build_object('tickets', json_build_object('nodes', json_agg(json_build_object(
    'id', ticket.id,
    'number', ticket.number,
    'subject', ticket.subject,
    'status', ticket.status,
    'updatedAt', ticket.updated_at,
    'client', json_build_object('id', clients.id, 'name', clients.name),
    'assignee', json_build_object('id', assignee.id, 'name', assignee.name),
    'conversation', json_build_object('nodes', conversation.nodes)
) ORDER BY ticket.updated_at DESC, ticket.id DESC)))
FROM (
    SELECT id, number, subject, status, updated_at, client_id, assignee_id FROM tickets
    WHERE client_id = ('{CLIENT_IDS}'::uuid[])[:client]
    ORDER BY updated_at DESC, id DESC LIMIT 20
) AS ticket
JOIN clients ON clients.id = ticket.client_id
JOIN staff_members AS assignee ON assignee.id = ticket.assignee_id
CROSS JOIN LATERAL (
    SELECT coalesce(json_agg(json_build_object(
        'id', id, 'visibility', visibility, 'body', body, 'createdAt', created_at
    ) ORDER BY seq), '[]') AS nodes
    FROM (
        SELECT id, visibility, body, created_at, seq FROM messages
        WHERE subject_id = ticket.id ORDER BY seq DESC LIMIT 3
    ) AS last
) AS conversation;
