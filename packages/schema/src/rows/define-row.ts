import { z } from "zod";
import type { Column } from "./column.ts";

/** The columns of a table or view by name, in the order of the catalogue. */
export type Columns = Readonly<Record<string, Column>>;

type Shape<C extends Columns> = { -readonly [K in keyof C]: C[K]["value"] };

/** A table or view: its columns as the catalogue has them, and the schema that parses one of its rows. */
export interface RowDefinition<C extends Columns = Columns> {
  readonly columns: C;
  readonly row: z.ZodObject<Shape<C>>;
}

/** Makes the row schema of a table or view from its columns. Columns it does not know are dropped from rows. */
export function defineRow<const C extends Columns>(columns: C): RowDefinition<C> {
  const shape = Object.fromEntries(Object.entries(columns).map(([name, { value }]) => [name, value]));
  // Object.fromEntries forgets which name has which value.
  return { columns, row: z.object(shape as Shape<C>) };
}
