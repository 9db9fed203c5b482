import type { Queryable } from "@mister-smith/client";
import { dataTables, tableDigest } from "./sql/contents.ts";

/** What a table holds: how many rows, and a digest over all of them. */
export interface TableDigest {
  readonly table: string;
  readonly rows: number;
  readonly digest: string;
}

/** What every table of the database holds. */
export async function databaseDigest(on: Queryable): Promise<readonly TableDigest[]> {
  const digests: TableDigest[] = [];
  for (const { schema, name } of await on.any(dataTables)) {
    digests.push({ table: `${schema}.${name}`, ...(await on.one(tableDigest(schema, name))) });
  }
  return digests;
}

/** The tables whose content is another one, or that only one side has. */
export function changedTables(
  before: readonly TableDigest[],
  after: readonly TableDigest[],
): readonly string[] {
  const text = ({ rows, digest }: TableDigest) => `${rows} ${digest}`;
  const old = new Map(before.map((one) => [one.table, text(one)]));
  const young = new Map(after.map((one) => [one.table, text(one)]));
  return [...new Set([...old.keys(), ...young.keys()])].filter(
    (table) => old.get(table) !== young.get(table),
  );
}
