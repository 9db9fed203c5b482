import type pg from "pg";

/** An index as the peer knows them: a B-tree over columns, all ascending. */
export interface IndexColumns {
  readonly table: string;
  readonly columns: readonly string[];
}

/** What statements cost with indexes that exist for the planner alone. */
export interface HypotheticalCosts {
  total(indexes: readonly IndexColumns[]): Promise<number>;
  sizeOf(index: IndexColumns): Promise<number>;
}

/** The statement that makes it. */
export function indexText({ table, columns }: IndexColumns): string {
  return `CREATE INDEX ON ${table} (${columns.join(", ")})`;
}

/** Asks the planner, and keeps each answer. A statement is asked anew only for indexes on tables that it names. */
export function hypotheticalCosts(client: pg.Client, texts: readonly string[]): HypotheticalCosts {
  const answers = new Map<string, number>();
  const sizes = new Map<string, number>();
  let there = "";
  const bring = async (indexes: readonly IndexColumns[]) => {
    const wanted = indexes.map(indexText).sort();
    if (wanted.join("\n") === there) return;
    await client.query("SELECT hypopg_reset()");
    if (wanted.length > 0)
      await client.query("SELECT hypopg_create_index(t) FROM unnest($1::text[]) AS t", [wanted]);
    there = wanted.join("\n");
  };
  return {
    total: async (indexes) => {
      let total = 0;
      for (const [at, text] of texts.entries()) {
        const near = indexes.filter(({ table }) => text.includes(table.replace("public.", "")));
        const key = `${at}\n${near.map(indexText).sort().join("\n")}`;
        let cost = answers.get(key);
        if (cost === undefined) {
          await bring(near);
          cost = await plannedCost(client, text);
          answers.set(key, cost);
        }
        total += cost;
      }
      return total;
    },
    sizeOf: async (index) => {
      const key = indexText(index);
      let size = sizes.get(key);
      if (size === undefined) {
        there = "?";
        await client.query("SELECT hypopg_reset()");
        const { rows } = await client.query<{ bytes: string }>(
          "SELECT hypopg_relation_size(indexrelid) AS bytes FROM hypopg_create_index($1)",
          [key],
        );
        size = Number(rows[0]?.bytes);
        sizes.set(key, size);
      }
      return size;
    },
  };
}

/** What the planner says that a statement costs as things are. */
export async function plannedCost(client: pg.Client, text: string): Promise<number> {
  const { rows } = await client.query<{ cost: number }>(
    "SELECT (monitoring.generic_plan($1) -> 0 -> 'Plan' -> 'Total Cost')::FLOAT8 AS cost",
    [text],
  );
  return rows[0]?.cost ?? Number.NaN;
}
