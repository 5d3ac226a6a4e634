DROP TABLE email_suppressions, email_deliveries;
