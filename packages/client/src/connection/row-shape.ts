import pg from "pg";

/** The description of a column, as the server sends it. */
export interface FieldDescription {
  readonly name: string;
  readonly dataTypeID: number;
}

/** How the rows of a statement are read: made once from their description. */
export interface RowShape {
  read(values: readonly (string | null)[]): Record<string, unknown>;
}

/** Reads rows by their columns' types; of two columns with one name the last counts. */
export function rowShape(fields: readonly FieldDescription[]): RowShape {
  const names = fields.map(({ name }) => name);
  const parsers: ((text: string) => unknown)[] = fields.map(({ dataTypeID }) =>
    pg.types.getTypeParser(dataTypeID, "text"),
  );
  // Rows copied from one object keep one hidden class, and a column named __proto__ is a column.
  const empty: Record<string, unknown> = { ...emptyRow(names) };
  return {
    read(values) {
      const row = { ...empty };
      for (let index = 0; index < names.length; index += 1) {
        const value = values[index];
        const name = names[index];
        const parse = parsers[index];
        if (value !== null && value !== undefined && name !== undefined && parse !== undefined)
          row[name] = parse(value);
      }
      return row;
    },
  };
}

function emptyRow(names: readonly string[]): Record<string, unknown> {
  const row: Record<string, unknown> = Object.create(null);
  for (const name of names) row[name] = null;
  return row;
}
