import type { Client } from "pg";

/** A statement as pg_stat_statements has it on record. */
export interface RecordedText {
  readonly file: string;
  readonly queryId: string;
  readonly text: string;
  readonly calls: number;
}

/**
 * Executes statements, each undone, and returns what pg_stat_statements made of their texts: each of them once.
 *
 * @throws Error with the statement when one cannot be executed, or is not on record
 */
export async function recordedTexts(
  client: Client,
  statements: readonly { readonly file: string; readonly text: string }[],
): Promise<readonly RecordedText[]> {
  const texts = new Map<string, RecordedText>();
  await client.query("SET pg_stat_statements.track = 'top'; SET pg_stat_statements.track_utility = off");
  for (const { file, text } of statements) {
    await client.query(
      "SELECT pg_stat_statements_reset(0, oid, 0) FROM pg_database WHERE datname = current_database()",
    );
    await client.query("BEGIN");
    try {
      await client.query(text);
    } catch (error) {
      throw new Error(`the statement of the corpus cannot be executed: ${text}`, { cause: error });
    } finally {
      await client.query("ROLLBACK");
    }
    const { rows } = await client.query<{ id: string; query: string; calls: string }>(
      `SELECT s.queryid::TEXT AS id, s.query, s.calls FROM pg_stat_statements AS s
       WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND s.query NOT LIKE 'SELECT pg_stat_statements_reset(%'`,
    );
    const [only] = rows;
    if (only === undefined || rows.length > 1)
      throw new Error(`the record holds ${rows.length} statements in place of one: ${text}`);
    texts.set(only.id, { file, queryId: only.id, text: only.query, calls: Number(only.calls) });
  }
  return [...texts.values()];
}
