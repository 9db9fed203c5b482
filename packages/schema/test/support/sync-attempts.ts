import { type Attempt, insert } from "./constraint-cases.ts";

const position = (values: Readonly<Record<string, string>>) =>
  insert("sync.positions", { pipe: "'p'", stream: "'s'", incarnation: "1", sequence: "0", ...values });
const incarnation = (values: Readonly<Record<string, string>>) =>
  insert("sync.incarnations", { pipe: "'p'", incarnation: "1", reason: "'first'", ...values });
const lease = (values: Readonly<Record<string, string>>) =>
  insert("sync.leases", { role: "'r'", holder: "'h'", epoch: "1", expires_at: "now()", ...values });
const deadLetter = (values: Readonly<Record<string, string>>) =>
  insert("sync.dead_letters", { pipe: "'flush'", reason_code: "'X'", reason: "'x'", ...values });
const ofMessage = deadLetter({ stream: "'s'", incarnation: "1", sequence: "7" });
const pending = insert("sync.outbox_pending", { event_id: "-1", occurred_at: "now()" });
const event = `INSERT INTO sync.outbox (event_id, kind, operation, aggregate, payload) OVERRIDING SYSTEM VALUE
  VALUES (-1, 'state', 'put', 'a', '{}')`;

/** What must not get into the schema sync. */
export const syncAttempts: readonly Attempt[] = [
  { title: "a position of no pipe", sql: position({ pipe: "''" }), refusedBy: "sync.positions.valid_pipe" },
  {
    title: "a position in no stream",
    sql: position({ stream: "''" }),
    refusedBy: "sync.positions.valid_stream",
  },
  {
    title: "a position in a life of a stream before its first",
    sql: position({ incarnation: "-1" }),
    refusedBy: "sync.positions.valid_incarnation",
  },
  {
    title: "a position before the first message",
    sql: position({ sequence: "-1" }),
    refusedBy: "sync.positions.valid_sequence",
  },
  {
    title: "a position that was moved before the first lease",
    sql: position({ epoch: "-1" }),
    refusedBy: "sync.positions.valid_epoch",
  },
  {
    title: "two positions of one pipe",
    sql: `${position({})}; ${position({})}`,
    refusedBy: "sync.positions.positions_pkey",
    as: "unique",
  },

  {
    title: "a stream's life of no pipe",
    sql: incarnation({ pipe: "''" }),
    refusedBy: "sync.incarnations.valid_pipe",
  },
  {
    title: "a life of a stream before its first",
    sql: incarnation({ incarnation: "-1" }),
    refusedBy: "sync.incarnations.valid_incarnation",
  },
  {
    title: "a life of a stream for an unknown reason",
    sql: incarnation({ reason: "'whim'" }),
    refusedBy: "sync.incarnations.valid_reason",
  },
  {
    title: "a life of a stream after less than no message",
    sql: incarnation({ last_sequence: "-1" }),
    refusedBy: "sync.incarnations.valid_last_sequence",
  },
  {
    title: "one life of a stream twice",
    sql: `${incarnation({})}; ${incarnation({})}`,
    refusedBy: "sync.incarnations.incarnations_pkey",
    as: "unique",
  },

  { title: "a lease of no role", sql: lease({ role: "''" }), refusedBy: "sync.leases.valid_role" },
  {
    title: "a lease of somebody without a name",
    sql: lease({ holder: "''" }),
    refusedBy: "sync.leases.valid_holder",
  },
  {
    title: "a lease before the first epoch",
    sql: lease({ epoch: "0" }),
    refusedBy: "sync.leases.valid_epoch",
  },
  {
    title: "two leases of one role",
    sql: `${lease({})}; ${lease({})}`,
    refusedBy: "sync.leases.leases_pkey",
    as: "unique",
  },

  {
    title: "a dead letter of no pipe",
    sql: deadLetter({ pipe: "''" }),
    refusedBy: "sync.dead_letters.valid_pipe",
  },
  {
    title: "a dead letter without a reason",
    sql: deadLetter({ reason_code: "''" }),
    refusedBy: "sync.dead_letters.valid_reason_code",
  },
  {
    title: "a dead letter whose headers are a list",
    sql: deadLetter({ headers: "'[]'" }),
    refusedBy: "sync.dead_letters.valid_headers",
  },
  {
    title: "a dead letter that was tried less than never",
    sql: deadLetter({ attempts: "-1" }),
    refusedBy: "sync.dead_letters.valid_attempts",
  },
  {
    title: "a message that is parked twice",
    sql: `${ofMessage}; ${ofMessage}`,
    refusedBy: "sync.dead_letters.dead_letters_message_key",
    as: "unique",
  },
  {
    title: "one dead letter twice",
    sql: `INSERT INTO sync.dead_letters (dead_letter_id, pipe, reason_code, reason) OVERRIDING SYSTEM VALUE
      VALUES (-1, 'flush', 'X', 'x'), (-1, 'flush', 'X', 'x')`,
    refusedBy: "sync.dead_letters.dead_letters_pkey",
    as: "unique",
  },

  {
    title: "one event twice",
    sql: `${event}; ${event}`,
    refusedBy: "sync.outbox.outbox_pkey",
    as: "unique",
  },
  {
    title: "an event that is pending twice",
    sql: `${pending}; ${pending}`,
    refusedBy: "sync.outbox_pending.outbox_pending_pkey",
    as: "unique",
  },
];
