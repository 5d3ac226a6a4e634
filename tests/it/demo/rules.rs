//! What holds of the rows of every demo.

use diesel_async::AsyncPgConnection;

use super::number;

/// A rule, and a query for the number of rows that break it.
type Rule = (&'static str, &'static str);

/// Asserts that no row breaks these rules.
pub async fn obey(conn: &mut AsyncPgConnection, rules: &[Rule]) {
    for (rule, query) in rules {
        assert_eq!(number(conn, query).await, 0, "{rule}");
    }
}

/// Queries that must find nothing, each with the rule that a result would break.
pub const OF_ALL: &[Rule] = &[
    (
        "messages are numbered without gaps, and the last one is known (D-07)",
        "SELECT count(*) FROM tickets t LEFT JOIN LATERAL (SELECT count(*) AS many, coalesce(max(seq), 0) AS last
           FROM messages m WHERE m.subject_id = t.id) m ON true
         WHERE t.last_message_seq <> m.last OR m.many <> m.last",
    ),
    (
        "the history ends with the present status and closing time (D-08)",
        "SELECT count(*) FROM tickets t CROSS JOIN LATERAL (SELECT new_value, at FROM changes c
           WHERE c.subject_id = t.id AND field IN ('CREATED', 'STATUS') ORDER BY at DESC, id DESC LIMIT 1) c
         WHERE c.new_value <> t.status OR (t.closed_at IS NOT NULL AND t.closed_at <> c.at)",
    ),
    (
        "each change of status begins where the one before ended, and D-02 allows it",
        "SELECT count(*) FROM (SELECT old_value, new_value, lag(new_value) OVER
             (PARTITION BY subject_id ORDER BY at, id) AS before
           FROM changes WHERE subject_noun = 'ticket' AND field IN ('CREATED', 'STATUS')) c
         WHERE c.old_value IS DISTINCT FROM c.before
            OR (c.before IN ('CANCELED', 'REJECTED', 'FINISHED')
                AND c.new_value NOT IN ('CANCELED', 'REJECTED', 'FINISHED', 'REOPENED'))
            OR (c.before NOT IN ('CANCELED', 'REJECTED', 'FINISHED') AND c.new_value = 'REOPENED')",
    ),
    (
        "each history begins with the opening, by the opener",
        "SELECT count(*) FROM tickets t WHERE NOT EXISTS (SELECT FROM changes c
           WHERE c.subject_id = t.id AND c.field = 'CREATED' AND c.at = t.created_at
             AND c.author_staff IS NOT DISTINCT FROM t.opened_by_staff
             AND c.author_access IS NOT DISTINCT FROM t.opened_by_access)",
    ),
    (
        "rejections and cancellations have a reason (D-05)",
        "SELECT count(*) FROM changes
         WHERE subject_noun = 'ticket' AND field = 'STATUS' AND new_value IN ('REJECTED', 'CANCELED') AND reason IS NULL",
    ),
    (
        "only what staff have done makes a ticket touched (D-06)",
        "SELECT count(*) FROM tickets t WHERE t.is_untouched = (
           EXISTS (SELECT FROM changes c
             WHERE c.subject_id = t.id AND c.field <> 'CREATED' AND c.author_staff IS NOT NULL)
           OR EXISTS (SELECT FROM messages m WHERE m.subject_id = t.id AND m.author_staff IS NOT NULL))",
    ),
    (
        "the version counts the acts on the fields",
        "SELECT count(*) FROM tickets t WHERE t.version <> (SELECT count(DISTINCT act_id)
           FROM changes c WHERE c.subject_id = t.id AND field NOT IN ('FILE', 'INTERNAL_FILE'))",
    ),
    (
        "no message to a client is on a closed ticket or without a user who could read it (D-07)",
        "SELECT count(*) FROM messages m JOIN tickets t ON t.id = m.subject_id
         WHERE m.visibility = 'PUBLIC' AND NOT EXISTS (SELECT FROM portal_accesses a
           WHERE a.client_id = t.client_id AND a.status = 'ACTIVE' AND a.created_at <= m.created_at)
         OR m.visibility = 'PUBLIC' AND (SELECT new_value FROM changes c
           WHERE c.subject_id = t.id AND field IN ('CREATED', 'STATUS') AND c.at <= m.created_at
           ORDER BY at DESC, id DESC LIMIT 1) IN ('CANCELED', 'REJECTED', 'FINISHED')",
    ),
    (
        "a client's users write about their own client (B-14)",
        "SELECT count(*) FROM messages m JOIN tickets t ON t.id = m.subject_id
           JOIN portal_accesses a ON a.id IN (m.author_access, t.opened_by_access)
         WHERE a.client_id <> t.client_id",
    ),
    (
        "everything of a ticket is of one firm",
        "SELECT count(*) FROM tickets t JOIN clients c ON c.id = t.client_id
           JOIN staff_members s ON s.id IN (t.assignee_id, t.accountant_id, t.opened_by_staff)
           LEFT JOIN departments d ON d.id = t.department_id
           LEFT JOIN service_items i ON i.id = t.service_item_id
         WHERE (c.firm_id, s.firm_id) <> (t.firm_id, t.firm_id) OR s.disabled_at IS NOT NULL
            OR coalesce(d.firm_id, t.firm_id) <> t.firm_id OR coalesce(i.firm_id, t.firm_id) <> t.firm_id",
    ),
    (
        "nobody has read further than they can see (D-12)",
        "SELECT count(*) FROM read_marks r JOIN tickets t ON t.id = r.subject_id
         WHERE r.seq > t.last_message_seq OR r.seq < 1
            OR (EXISTS (SELECT FROM portal_accesses a WHERE a.id = r.reader_id) AND NOT EXISTS
                (SELECT FROM messages m WHERE m.subject_id = t.id AND m.seq = r.seq
                   AND m.visibility = 'PUBLIC'))",
    ),
    (
        "transfers are in the history, and who got the last one has the ticket (D-09)",
        "SELECT count(*) FROM (SELECT *, lead(id) OVER (PARTITION BY ticket_id ORDER BY at, id) AS next
           FROM ticket_transfers) x JOIN tickets t ON t.id = x.ticket_id
         WHERE x.next IS NULL AND (x.to_staff, x.to_department) IS DISTINCT FROM (t.assignee_id, t.department_id)
            OR NOT EXISTS (SELECT FROM changes c WHERE c.subject_id = t.id AND c.at = x.at
                AND c.field IN ('ASSIGNEE', 'DEPARTMENT'))",
    ),
    (
        "an open charge of a ticket is one of a finished ticket, and never one of two (D-10)",
        "SELECT count(*) FROM (SELECT t.status, count(*) AS many FROM charges c JOIN tickets t ON t.id = c.ticket_id
           WHERE c.status = 'OPEN' GROUP BY t.id) x WHERE x.status <> 'FINISHED' OR x.many > 1",
    ),
    (
        "a finished ticket's price is charged (D-10)",
        "SELECT count(*) FROM tickets t WHERE t.status = 'FINISHED' AND t.price_minor > (
           SELECT coalesce(sum(amount_minor), 0) FROM charges c
           WHERE c.ticket_id = t.id AND c.status IN ('OPEN', 'PAID'))",
    ),
    (
        "collected charges are the client's own, and were overdue (D-10)",
        "SELECT count(*) FROM ticket_collected_charges x JOIN tickets t ON t.id = x.ticket_id
           JOIN charges c ON c.id = x.charge_id
         WHERE c.client_id <> t.client_id OR c.due_on >= t.created_at::date OR c.paid_at < t.created_at",
    ),
    (
        "ticket numbers are counted without gaps",
        "SELECT count(*) FROM ticket_numbers n JOIN LATERAL (SELECT count(*) AS many, max(number) AS last
           FROM tickets t WHERE t.firm_id = n.firm_id) t ON true
         WHERE n.last <> t.last OR n.last <> t.many",
    ),
    (
        "numbers are given in the order of time",
        "SELECT count(*) FROM (SELECT created_at, lag(created_at) OVER (PARTITION BY firm_id ORDER BY number) AS before
           FROM tickets) x WHERE x.before > x.created_at",
    ),
    (
        "a queued mail is tried again, and will not be sent: its person lost access since (B-14)",
        "SELECT count(*) FROM email_deliveries d WHERE status = 'QUEUED' AND (NOT EXISTS (SELECT FROM jobs j
             WHERE j.payload ->> 'delivery_id' = d.id::text AND j.attempts = d.attempts AND j.run_at > d.updated_at)
           OR EXISTS (SELECT FROM staff_members s WHERE s.account_id = d.account_id)
           OR EXISTS (SELECT FROM clients k WHERE k.email = d.recipient)
           OR NOT EXISTS (SELECT FROM portal_accesses a
             WHERE a.account_id = d.account_id AND a.status = 'DISABLED'))",
    ),
    (
        "a suppressed address gets no more mails (F-06)",
        "SELECT count(*) FROM email_suppressions s JOIN email_deliveries d
           ON d.firm_id = s.firm_id AND d.recipient_ci = s.email_ci
         WHERE d.created_at > s.at AND d.reason IS DISTINCT FROM 'SUPPRESSED_AFTER_BOUNCE'",
    ),
    (
        "a lead belongs to its department",
        "SELECT count(*) FROM departments d WHERE NOT EXISTS (SELECT FROM department_members m
           WHERE m.department_id = d.id AND m.staff_id = d.lead_id)",
    ),
    ("each firm has a feed", "SELECT count(*) FROM firms f WHERE NOT EXISTS (SELECT FROM firm_feed WHERE firm_id = f.id)"),
    (
        "every address is one that nobody can own (RFC 2606)",
        "SELECT (SELECT count(*) FROM accounts WHERE email_ci NOT LIKE '%.example')
           + (SELECT count(*) FROM clients WHERE email NOT LIKE '%.example')
           + (SELECT count(*) FROM client_recipients WHERE email NOT LIKE '%.example')
           + (SELECT count(*) FROM email_deliveries WHERE recipient NOT LIKE '%.example')
           + (SELECT count(*) FROM firms WHERE mail_from NOT LIKE '%.example' OR mail_reply_to NOT LIKE '%.example')",
    ),
];

/// Rules for the played demo only: they ask about mails, files and audit rows, which are not multiplied.
pub const OF_THE_STORY: &[Rule] = &[
    (
        "the last change that is not a note is when the ticket changed (D-07)",
        "SELECT count(*) FROM tickets t WHERE t.updated_at <> greatest(t.created_at,
           (SELECT max(at) FROM changes c WHERE c.subject_id = t.id AND field <> 'INTERNAL_FILE'),
           (SELECT max(created_at) FROM messages m WHERE m.subject_id = t.id AND visibility = 'PUBLIC'))",
    ),
    (
        "each real change of status has its mails, and nothing else has (D-04, D-05)",
        "SELECT count(*) FROM changes c WHERE c.subject_noun = 'ticket' AND (c.field = 'STATUS') <> EXISTS
           (SELECT FROM email_deliveries d WHERE d.cause_id = c.act_id AND d.subject_id = c.subject_id
              AND d.about = 'STATUS_CHANGE')",
    ),
    (
        "a client without an address is reported as `NO_ADDRESS`, each time (D-04)",
        "SELECT count(*) FROM changes c JOIN tickets t ON t.id = c.subject_id
           JOIN clients k ON k.id = t.client_id
         WHERE c.field = 'STATUS' AND k.email IS NULL AND NOT EXISTS (SELECT FROM email_deliveries d
           WHERE d.cause_id = c.act_id AND d.reason = 'NO_ADDRESS')",
    ),
    (
        "each act is audited once (F-03)",
        "SELECT sum(abs(expected - found)) FROM (VALUES
           ('ticketCreate', (SELECT count(*) FROM tickets)),
           ('ticketMessagePost', (SELECT count(*) FROM messages)),
           ('ticketTransfer', (SELECT count(*) FROM ticket_transfers)),
           ('ticketEdit', (SELECT count(*) FROM changes WHERE field = 'PRICE')),
           ('chargeMarkPaid', (SELECT count(*) FROM charges WHERE status = 'PAID')),
           ('chargeCreate', (SELECT count(*) FROM charges)),
           ('clientCreate', (SELECT count(*) FROM clients)),
           ('staffCreate', (SELECT count(*) FROM staff_members WHERE role <> 'OWNER')),
           ('portalAccessCreate', (SELECT count(*) FROM portal_accesses))
         ) AS e (act, expected) CROSS JOIN LATERAL
           (SELECT count(*) AS found FROM audit a WHERE a.act = e.act) a",
    ),
    (
        "changes of status are audited as such or as reopenings",
        "SELECT abs((SELECT count(*) FROM changes WHERE field = 'STATUS' AND subject_noun = 'ticket')
           - (SELECT count(*) FROM audit WHERE act IN ('ticketStatusChange', 'ticketReopen')))",
    ),
];
