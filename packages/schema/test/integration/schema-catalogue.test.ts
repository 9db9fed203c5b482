import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { domainSchemas, enumSchemas, type RowDefinition, rowSchemas } from "../../src/rows/index.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";

// Left out: partitions, which are their parent's, what extensions brought, and the migrator's own tables.
const ours = `
  n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (
    SELECT FROM pg_depend AS x
    WHERE x.deptype = 'e' AND x.objid = o.oid AND x.refclassid = 'pg_extension'::REGCLASS
  )`;

const relation = `
  o.relkind IN ('r', 'p', 'v', 'm') AND NOT o.relispartition AND o.relname !~ '^schema_migrations'`;

const columnRow = z.object({
  relation: z.string(),
  column: z.string(),
  type: z.string(),
  not_null: z.boolean(),
  is_view: z.boolean(),
});

describe.each(clusters())("the schema on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);

  async function names(query: string): Promise<string[]> {
    const { rows } = await database().client.query({ text: query, rowMode: "array" });
    return z
      .array(z.tuple([z.string()]))
      .parse(rows)
      .map(([name]) => name);
  }

  it("has exactly the tables, views and columns of the row schemas, in name, type and nullability", async () => {
    const { client } = database();
    await client.query("SET search_path = ''");
    const { rows } = await client.query(`
      SELECT
        n.nspname || '.' || o.relname AS relation, a.attname AS column,
        format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null, o.relkind IN ('v', 'm') AS is_view
      FROM pg_class AS o
      JOIN pg_namespace AS n ON n.oid = o.relnamespace
      JOIN pg_attribute AS a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE ${ours} AND ${relation}
      ORDER BY 1, a.attnum`);
    await client.query("RESET search_path");
    const inDatabase = z.array(columnRow).parse(rows);

    const declared = Object.entries<RowDefinition>(rowSchemas).flatMap(([name, { columns }]) =>
      Object.entries(columns).map(([column, { types, nullable }]) => {
        const found = inDatabase.find((other) => other.relation === name && other.column === column);
        const type = types.find((candidate) => candidate === found?.type) ?? types[0];
        // The catalogue knows no nullability of a view's columns.
        return { relation: name, column, type, not_null: found?.is_view === true ? false : !nullable };
      }),
    );
    const actual = inDatabase.map(({ is_view, ...column }) => column);
    expect(declared).toEqual(actual);
  });

  it("has exactly the enums of the enum schemas, with their labels in order", async () => {
    const { rows } = await database().client.query(`
      SELECT n.nspname || '.' || o.typname AS name, array_agg(e.enumlabel::TEXT ORDER BY e.enumsortorder) AS labels
      FROM pg_type AS o
      JOIN pg_namespace AS n ON n.oid = o.typnamespace
      JOIN pg_enum AS e ON e.enumtypid = o.oid
      WHERE ${ours}
      GROUP BY 1`);
    const actual = z.array(z.object({ name: z.string(), labels: z.array(z.string()) })).parse(rows);
    expect(Object.fromEntries(actual.map(({ name, labels }) => [name, labels]))).toEqual(
      Object.fromEntries(Object.entries(enumSchemas).map(([name, schema]) => [name, schema.options])),
    );
  });

  it("has exactly the domains of the domain schemas, none of which forbids NULL", async () => {
    const { rows } = await database().client.query(`
      SELECT n.nspname || '.' || o.typname AS name, format_type(o.typbasetype, o.typtypmod) AS base,
        o.typnotnull OR EXISTS (SELECT FROM pg_constraint AS k WHERE k.contypid = o.oid) AS restricted
      FROM pg_type AS o JOIN pg_namespace AS n ON n.oid = o.typnamespace
      WHERE ${ours} AND o.typtype = 'd'`);
    const actual = z
      .array(z.object({ name: z.string(), base: z.string(), restricted: z.boolean() }))
      .parse(rows);
    expect(new Set(actual)).toEqual(
      new Set(
        Object.entries(domainSchemas).map(([name, { baseType }]) => ({
          name,
          base: baseType,
          restricted: false,
        })),
      ),
    );
  });

  it.each([
    ["tasks.dependencies", "dependency_type", "valid_dependency_type"],
    ["tasks.dependencies", "on_failure", "valid_on_failure"],
    ["messages.deliveries", "outcome", "valid_outcome"],
    ["messages.channels", "channel_type", "valid_channel_type"],
    ["sessions.active", "session_type", "valid_session_type"],
    ["sync.incarnations", "reason", "valid_reason"],
  ] as const)("lets %s.%s be exactly what its row schema lists", async (table, column, constraint) => {
    const definitions = await names(`
      SELECT pg_get_constraintdef(oid) FROM pg_constraint
      WHERE conname = '${constraint}' AND conrelid = '${table}'::REGCLASS`);
    const allowed = [...(definitions[0] ?? "").matchAll(/'([\w ]+)'/g)].map(([, label]) => label);
    const columns: Readonly<Record<string, { readonly value: z.ZodType }>> = rowSchemas[table].columns;
    const given = columns[column]?.value;
    const value = given instanceof z.ZodNullable ? given.unwrap() : given;
    expect(value).toBeInstanceOf(z.ZodEnum);
    expect(value instanceof z.ZodEnum ? value.options : []).toEqual(allowed);
  });

  it("has a comment on every schema, table, view, column, function, type and domain", async () => {
    const uncommented = await names(`
      SELECT 'schema ' || o.nspname FROM pg_namespace AS o, LATERAL (SELECT o.nspname) AS n
      WHERE ${ours} AND o.nspname <> 'public' AND obj_description(o.oid, 'pg_namespace') IS NULL
      UNION ALL
      SELECT 'relation ' || o.oid::REGCLASS FROM pg_class AS o JOIN pg_namespace AS n ON n.oid = o.relnamespace
      WHERE ${ours} AND ${relation} AND obj_description(o.oid, 'pg_class') IS NULL
      UNION ALL
      SELECT 'column ' || o.oid::REGCLASS || '.' || a.attname
      FROM pg_class AS o
      JOIN pg_namespace AS n ON n.oid = o.relnamespace
      JOIN pg_attribute AS a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE ${ours} AND ${relation} AND col_description(o.oid, a.attnum) IS NULL
      UNION ALL
      SELECT 'function ' || o.oid::REGPROCEDURE FROM pg_proc AS o JOIN pg_namespace AS n ON n.oid = o.pronamespace
      WHERE ${ours} AND obj_description(o.oid, 'pg_proc') IS NULL
      UNION ALL
      SELECT 'type ' || o.oid::REGTYPE FROM pg_type AS o JOIN pg_namespace AS n ON n.oid = o.typnamespace
      WHERE ${ours} AND o.typtype IN ('d', 'e') AND obj_description(o.oid, 'pg_type') IS NULL`);
    expect(uncommented).toEqual([]);
  });

  it("pins the search path of every function that runs with its owner's rights", async () => {
    const unpinned = await names(`
      SELECT o.oid::REGPROCEDURE::TEXT FROM pg_proc AS o JOIN pg_namespace AS n ON n.oid = o.pronamespace
      WHERE ${ours} AND o.prosecdef
        AND NOT COALESCE('search_path=pg_catalog, pg_temp' = ANY (o.proconfig), FALSE)`);
    expect(unpinned).toEqual([]);
  });
});
