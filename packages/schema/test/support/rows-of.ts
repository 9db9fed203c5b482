import type { Client } from "pg";
import { z } from "zod";

const one = z.array(z.tuple([z.unknown()]));

/** The first column of every row. */
export async function column(
  client: Client,
  sql: string,
  values: readonly unknown[] = [],
): Promise<unknown[]> {
  const { rows } = await client.query({ text: sql, values: [...values], rowMode: "array" });
  return one.parse(rows.map((row: unknown[]) => row.slice(0, 1))).map(([value]) => value);
}

/** The first column of the first row. */
export async function value(client: Client, sql: string, values: readonly unknown[] = []): Promise<unknown> {
  return (await column(client, sql, values))[0];
}
