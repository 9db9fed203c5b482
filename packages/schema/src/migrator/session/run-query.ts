import type { ClientBase } from "pg";
import { z } from "zod";
import type { QuerySqlToken } from "../sql/slonik.ts";

/** Runs a query on a `pg` client and checks each row with the query's own row type. */
export async function runQuery<Row extends z.ZodType>(
  client: ClientBase,
  query: QuerySqlToken<Row>,
): Promise<readonly z.output<Row>[]> {
  // Slonik numbers its placeholders under a name of its own and puts PostgreSQL's in when it sends them.
  const text = query.sql.replaceAll("$slonik_", "$");
  const { rows } = await client.query({ text, values: [...query.values] });
  return z.array(query.parser).parse(rows);
}
