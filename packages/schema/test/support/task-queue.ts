import type { Client } from "pg";
import { z } from "zod";
import { column } from "./rows-of.ts";

const row = z.record(z.string(), z.unknown());

/** A task that was claimed: what the attempt must show to end it. */
export interface Claimed {
  readonly id: string;
  readonly token: string;
}

/** The functions of schema tasks as somebody with psql calls them, on one connection. */
export interface TaskQueue {
  /** Enqueues tasks and returns the task that has the work, each. */
  enqueue(...tasks: readonly Readonly<Record<string, unknown>>[]): Promise<string[]>;
  /** Claims tasks of a type. */
  claim(type: string, limit?: number, agent?: string): Promise<Claimed[]>;
  complete(...claimed: readonly Claimed[]): Promise<unknown[]>;
  /** Fails attempts, to be tried again at once. */
  fail(...claimed: readonly Claimed[]): Promise<unknown[]>;
  /** Cancels or redrives tasks and returns what became of each. */
  end(name: "cancel" | "redrive", ...ids: readonly string[]): Promise<unknown[]>;
  /** Holds tasks back, or lets them go on, and returns which. */
  hold(name: "pause" | "resume", ...ids: readonly string[]): Promise<unknown[]>;
  /** The statuses of tasks, in the order given. */
  statuses(...ids: readonly string[]): Promise<unknown[]>;
  rows(sql: string, values?: readonly unknown[]): Promise<z.output<typeof row>[]>;
}

/** Binds the functions of schema tasks to a connection; agents claim as `agent` unless told otherwise. */
export function taskQueue(client: Client, agent: string): TaskQueue {
  const rows = async (sql: string, values: readonly unknown[] = []) =>
    z.array(row).parse((await client.query(sql, [...values])).rows);
  const ended = (claimed: readonly Claimed[]) => [
    claimed.map(({ id }) => id),
    claimed.map(({ token }) => token),
  ];
  return {
    rows,
    enqueue: async (...tasks) =>
      z
        .array(z.string())
        .parse(await column(client, "SELECT task_id FROM tasks.enqueue($1)", [JSON.stringify(tasks)])),
    claim: async (type, limit = 1, by = agent) =>
      z
        .array(z.object({ id: z.string(), token: z.string() }))
        .parse(
          await rows(
            "SELECT task_id AS id, fencing_token::TEXT AS token FROM tasks.claim($1, ARRAY[$2], $3)",
            [by, type, limit],
          ),
        ),
    complete: (...claimed) => column(client, "SELECT tasks.complete($1, $2)", ended(claimed)),
    fail: (...claimed) =>
      column(
        client,
        `SELECT status::TEXT FROM tasks.fail($1, $2, array_fill('broken'::TEXT, ARRAY[cardinality($1::UUID[])]),
           p_retry_delays_ms => array_fill(0::BIGINT, ARRAY[cardinality($1::UUID[])]))`,
        ended(claimed),
      ),
    end: (name, ...ids) => column(client, `SELECT outcome FROM tasks.${name}($1)`, [ids]),
    hold: (name, ...ids) => column(client, `SELECT tasks.${name}($1)`, [ids]),
    statuses: (...ids) =>
      column(
        client,
        `SELECT q.status::TEXT FROM unnest($1::UUID[]) WITH ORDINALITY AS g (task_id, place)
         JOIN tasks.queue AS q ON q.task_id = g.task_id ORDER BY g.place`,
        [ids],
      ),
  };
}
