/** The kinds of changes that the database can tell of. */
export const eventKinds = [
  "state",
  "lifecycle",
  "heartbeat",
  "config",
  "task",
  "message",
  "session",
] as const;
