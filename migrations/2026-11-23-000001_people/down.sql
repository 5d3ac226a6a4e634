DROP TABLE sign_in_failures, sessions, invitations, portal_accesses, client_recipients, clients,
    department_members, departments, staff_members, accounts, firms;
DROP EXTENSION btree_gin;
DROP EXTENSION pg_trgm;
