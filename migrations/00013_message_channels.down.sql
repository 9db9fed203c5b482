DROP TABLE messages.subscriptions;
DROP TABLE messages.channels;
