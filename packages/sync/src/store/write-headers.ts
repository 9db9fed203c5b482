/** The header by which JetStream knows a message again within the duplicate window. */
export const messageIdHeader = "Nats-Msg-Id";
/** The header with the number that the last message of the subject must have; 0: there must be none. */
export const expectedHeader = "Nats-Expected-Last-Subject-Sequence";
