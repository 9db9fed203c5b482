import { type Database, sql } from "@mister-smith/client";
import { z } from "zod";

const nothing = z.object({});

/**
 * Takes a backup of the state of agents, of the events that wait, and of the position of the flusher. What is returned puts it
 * back in one transaction, as whoever restores PostgreSQL does. Nobody may flush or publish meanwhile.
 */
export async function backUp(database: Database): Promise<() => Promise<void>> {
  const copies = [
    {
      table: ["agents", "state"],
      columns: "agent_id, state_key, state_value, version, created_at, updated_at, expires_at",
    },
    { table: ["sync", "outbox_pending"], columns: "event_id, occurred_at" },
    { table: ["sync", "positions"], columns: "*" },
  ].map(({ table, columns }) => ({
    original: sql.identifier(table),
    copy: sql.identifier(["public", `backup_${crypto.randomUUID()}`]),
    columns:
      columns === "*"
        ? undefined
        : sql.join(
            columns.split(", ").map((name) => sql.identifier([name])),
            sql.fragment`, `,
          ),
  }));
  for (const { original, copy, columns } of copies)
    await database.write.query(
      sql.type(nothing)`CREATE TABLE ${copy} AS SELECT ${columns ?? sql.fragment`*`} FROM ${original}`,
    );
  return async () => {
    await database.transaction(async (tx) => {
      await tx.query(sql.type(nothing)`SELECT set_config('session_replication_role', 'replica', TRUE)`);
      for (const { original, copy, columns } of copies) {
        await tx.query(sql.type(nothing)`DELETE FROM ${original}`);
        const into = columns === undefined ? sql.fragment`` : sql.fragment`(${columns})`;
        await tx.query(sql.type(nothing)`INSERT INTO ${original} ${into} SELECT * FROM ${copy}`);
      }
    });
  };
}
