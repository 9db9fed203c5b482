import { ClientError } from "@mister-smith/client";
import { type IndexStmt, type Node, parse } from "libpg-query";
import { deparseSync } from "pgsql-deparser";
import { quoted } from "./candidate.ts";
import type { IndexRecommendation } from "./recommendations.ts";

/** A part of a partitioned table, or a table that is none. */
export interface IndexedTable {
  readonly schema: string;
  readonly name: string;
}

/**
 * Reads the definition of a recommendation, which anybody may have written who may write its table: it must be the one
 * CREATE INDEX CONCURRENTLY that the rest of the row says.
 *
 * @throws ClientError `INVALID_INPUT` for anything else
 */
export async function readDefinition(one: IndexRecommendation): Promise<IndexStmt> {
  const index = await indexIn(one.definition);
  const { relation, idxname, concurrent, unique, tableSpace } = index ?? {};
  const isMeant =
    relation?.schemaname === one.schema_name &&
    relation.relname === one.table_name &&
    relation.catalogname === undefined &&
    idxname === one.index_name;
  if (index !== null && isMeant && concurrent === true && unique !== true && tableSpace === undefined)
    return index;
  throw new ClientError(
    "INVALID_INPUT",
    `the definition of the index recommendation ${one.recommendation_id} is not that of ${one.index_name} on ${one.schema_name}.${one.table_name}: ${one.definition.slice(0, 200)}`,
    { hint: "Reject it: `smith index reject`; `smith index recommend` writes it anew." },
  );
}

async function indexIn(text: string): Promise<IndexStmt | null> {
  try {
    const { stmts = [] } = await parse(text);
    const [only] = stmts;
    return stmts.length === 1 && only?.stmt !== undefined && "IndexStmt" in only.stmt
      ? only.stmt.IndexStmt
      : null;
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

/** The statement that builds the index on a table or on a part of it, while that is in use. */
export function buildStatement(index: IndexStmt, { schema, name }: IndexedTable, indexName: string): string {
  return text({
    ...index,
    idxname: indexName,
    relation: { ...index.relation, schemaname: schema, relname: name },
  });
}

/**
 * The statement that makes the index of a partitioned table without those of its parts.
 *
 * @throws ClientError `INVALID_INPUT` when it cannot be written so: without ONLY it would build them all, and keep writers out
 */
export async function parentStatement(index: IndexStmt): Promise<string> {
  const { idxname = "" } = index;
  const head = `CREATE INDEX ${quoted(idxname)} ON `;
  const whole = text({ ...index, concurrent: false });
  const only = `${head}ONLY ${whole.slice(head.length)}`;
  if (whole.startsWith(head) && (await indexIn(only))?.relation?.inh !== true) return only;
  throw new ClientError("INVALID_INPUT", `the index ${idxname} cannot be made without those of its parts`, {
    hint: "Build it by hand: CREATE INDEX … ON ONLY, then one for each partition, concurrently, then ATTACH them.",
  });
}

/** The statement that makes the index of a part one of the whole. */
export function attachStatement(
  schema: string,
  index: string,
  part: IndexedTable,
  partIndex: string,
): string {
  return `ALTER INDEX ${quoted(schema)}.${quoted(index)} ATTACH PARTITION ${quoted(part.schema)}.${quoted(partIndex)}`;
}

/** The statement that takes an index away while its table is in use; that of a partitioned table cannot be so. */
export function dropStatement(schema: string, index: string, isPartitioned = false): string {
  return `DROP INDEX ${isPartitioned ? "" : "CONCURRENTLY "}${quoted(schema)}.${quoted(index)}`;
}

const text = (index: IndexStmt) => deparseSync({ IndexStmt: index } as Node, { pretty: false });
