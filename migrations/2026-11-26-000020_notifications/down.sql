ALTER TABLE email_deliveries DROP COLUMN notification_id;
DROP TABLE notification_preferences;
DROP TABLE notifications;
