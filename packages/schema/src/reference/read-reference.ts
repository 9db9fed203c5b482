import type { ClientBase } from "pg";
import { z } from "zod";
import { type FunctionEntry, selectFunctions } from "./sql/functions.ts";
import { type RelationEntry, selectRelations } from "./sql/relations.ts";
import { type SchemaEntry, selectSchemas } from "./sql/schemas.ts";
import { selectTypes, type TypeEntry } from "./sql/types.ts";

/** What a database defines, as the reference page shows it. Equal on every version of PostgreSQL that we support. */
export interface Reference {
  readonly schemas: readonly SchemaEntry[];
  readonly types: readonly TypeEntry[];
  readonly relations: readonly RelationEntry[];
  readonly functions: readonly FunctionEntry[];
}

interface Query<Row> {
  readonly sql: string;
  readonly values: readonly unknown[];
  readonly parser: { parse(row: unknown): Row };
}

/** Reads the reference from the catalogue. Changes the session's `search_path`, so that every name is qualified. */
export async function readReference(client: ClientBase): Promise<Reference> {
  await client.query("SET search_path = pg_catalog");
  return {
    schemas: await rowsOf(client, selectSchemas),
    types: await rowsOf(client, selectTypes),
    relations: await rowsOf(client, selectRelations),
    functions: await rowsOf(client, selectFunctions),
  };
}

async function rowsOf<Row>(client: ClientBase, query: Query<Row>): Promise<readonly Row[]> {
  const { rows } = await client.query(query.sql, [...query.values]);
  return z
    .array(z.unknown())
    .parse(rows)
    .map((row) => query.parser.parse(row));
}
