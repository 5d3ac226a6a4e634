-- D-11. One act tells one person once.
CREATE TABLE notifications (
    id uuid PRIMARY KEY,
    firm_id uuid NOT NULL REFERENCES firms (id),
    staff_id uuid NOT NULL REFERENCES staff_members (id),
    act_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN
        ('TICKET_ASSIGNED', 'DEPARTMENT_TICKET', 'CLIENT_MESSAGE', 'TICKET_REOPENED')),
    ticket_id uuid NOT NULL REFERENCES tickets (id),
    message_id uuid REFERENCES ticket_messages (id),
    author_staff uuid REFERENCES staff_members (id),
    author_access uuid REFERENCES portal_accesses (id),
    at timestamptz NOT NULL,
    read_at timestamptz,
    UNIQUE (act_id, staff_id),
    CHECK (num_nonnulls(author_staff, author_access) = 1),
    CHECK ((message_id IS NOT NULL) = (kind = 'CLIENT_MESSAGE'))
);
CREATE INDEX notifications_staff ON notifications (staff_id, at DESC, id DESC);
CREATE INDEX notifications_unread ON notifications (staff_id, at DESC, id DESC) WHERE read_at IS NULL;

-- What a staff member wants to be told by mail too; without a row, live only.
CREATE TABLE notification_preferences (
    staff_id uuid NOT NULL REFERENCES staff_members (id),
    kind text NOT NULL CHECK (kind IN
        ('TICKET_ASSIGNED', 'DEPARTMENT_TICKET', 'CLIENT_MESSAGE', 'TICKET_REOPENED')),
    firm_id uuid NOT NULL REFERENCES firms (id),
    PRIMARY KEY (staff_id, kind)
);

-- What a mail to staff tells; none for the mails about a change of status (D-05).
ALTER TABLE email_deliveries ADD COLUMN notification_id uuid REFERENCES notifications (id);
