import { z } from "zod";
import { sql } from "./sql.ts";
import type { SqlFragment } from "./sql-tag.ts";

/** A column's name as TypeScript writes it: `agent_id` is `agentId`. */
export type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

type CamelShape<Shape extends z.ZodRawShape> = {
  -readonly [Name in keyof Shape & string as CamelCase<Name>]: Shape[Name];
};

/** A table as the client's users see it: the columns that its row schema names, in camelCase. */
export interface Entity<Shape extends z.ZodRawShape> {
  /** Parses a row that was selected with {@link Entity.columns}. */
  readonly row: z.ZodObject<CamelShape<Shape>>;
  /** The columns under their final names, for a SELECT or RETURNING: `t.agent_id AS "agentId", …`. */
  readonly columns: (table: string) => SqlFragment;
}

/** Derives what the client's users see of a table from the row schema of its columns. */
export function entity<Shape extends z.ZodRawShape>(row: z.ZodObject<Shape>): Entity<Shape> {
  const names = Object.keys(row.shape);
  const shape = Object.fromEntries(
    Object.entries(row.shape).map(([name, value]) => [camelCase(name), value]),
  );
  const lists = new Map<string, SqlFragment>();
  return {
    // Object.fromEntries forgets which name has which value.
    row: z.object(shape) as unknown as z.ZodObject<CamelShape<Shape>>,
    columns: (table) => {
      const known = lists.get(table);
      if (known !== undefined) return known;
      const list = columnList(table, names);
      lists.set(table, list);
      return list;
    },
  };
}

/** `agent_id` as `agentId`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function columnList(table: string, names: readonly string[]): SqlFragment {
  const columns = names.map((name) => {
    const column = sql.identifier([table, name]);
    return sql.fragment`${column} AS ${sql.identifier([camelCase(name)])}`;
  });
  return sql.fragment`${sql.join(columns, sql.fragment`, `)}`;
}
