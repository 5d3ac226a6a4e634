DROP TABLE ticket_collected_charges, charges, ticket_transfers, ticket_changes, ticket_reads,
    ticket_messages, tickets, ticket_numbers, service_items;
