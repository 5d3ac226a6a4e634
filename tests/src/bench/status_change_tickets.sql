SELECT id, firm_id FROM (
    SELECT ticket.id, ticket.firm_id, row_number() OVER (PARTITION BY ticket.firm_id ORDER BY ticket.number) AS place
    FROM tickets AS ticket
    JOIN clients AS client ON client.id = ticket.client_id
    JOIN portal_accesses AS opener ON opener.id = ticket.opened_by_access
    JOIN accounts AS account ON account.id = opener.account_id
    WHERE ticket.firm_id = ANY ($1) AND account.email_ci <> lower(client.email)
        AND NOT EXISTS (SELECT FROM client_recipients WHERE client_id = client.id)
        AND NOT EXISTS (SELECT FROM email_suppressions WHERE firm_id = ticket.firm_id)
) AS ticket
WHERE place <= $2
ORDER BY place, firm_id
