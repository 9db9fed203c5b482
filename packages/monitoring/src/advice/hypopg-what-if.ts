import { type Queryable, type QueryOptions, sql } from "@mister-smith/client";
import { DatabaseError } from "@mister-smith/errors";
import { z } from "zod";
import { type IndexCandidate, indexBody, tableText } from "./candidate.ts";
import type { CostSettings } from "./cost-settings.ts";
import { estimateSize } from "./estimate-scan.ts";
import { estimatedCost } from "./estimated-gain.ts";
import { genericPlan } from "./generic-plan.ts";
import { planNodes } from "./plan-nodes.ts";
import type { WhatIf } from "./what-if.ts";

/** What stands behind a what-if. */
export interface WhatIfSource {
  /** A connection of its own: hypothetical indexes live in their session. */
  readonly on: Queryable;
  readonly settings: CostSettings;
  /** The oid of the whole table for the name of each table, and each partition. */
  readonly rootOf: ReadonlyMap<string, number>;
  /** For each question. */
  readonly options: QueryOptions;
}

const created = z.object({ place: z.int().nullable(), oid: z.coerce.number(), name: z.string().nullable() });
const size = z.object({ bytes: z.coerce.number() });
const nothing = z.object({});

/**
 * Asks the planner itself, by indexes that exist for EXPLAIN alone (the extension hypopg). It knows B-trees only; of others
 * what they give is estimated on top of its plan.
 *
 * @param schema where the extension is
 */
export function hypopgWhatIf(schema: string, { on, settings, rootOf, options }: WhatIfSource): WhatIf {
  const own = (name: string) => sql.identifier([schema, name]);
  const there = new Map<string, { readonly oid: number; readonly name: string }>();
  const definition = (one: IndexCandidate) => `CREATE INDEX ON ${tableText(one.table)} ${indexBody(one)}`;
  /** Takes away and makes hypothetical indexes in one question: they are asked by the thousand. */
  const change = async (ids: readonly string[], all: readonly IndexCandidate[]) => {
    if (ids.length === 0 && all.length === 0) return;
    const oids = ids.flatMap((id) => there.get(id)?.oid ?? []).map(String);
    for (const id of ids) there.delete(id);
    const rows = await on.any(
      sql.type(created)`
        SELECT d.place::INTEGER AS place, d.indexrelid::TEXT AS oid, d.indexname AS name
        FROM (
          SELECT pg_catalog.count(${own("hypopg_drop_index")}(o.oid))
          FROM pg_catalog.unnest(${sql.array(oids, "oid")}) AS o (oid)
        ) AS dropped
        LEFT JOIN LATERAL (
          SELECT n.place, h.indexrelid, h.indexname
          FROM pg_catalog.unnest(${sql.array(all.map(definition), "text")}) WITH ORDINALITY AS n (text, place)
          CROSS JOIN LATERAL ${own("hypopg_create_index")}(n.text) AS h
        ) AS d ON TRUE
        ORDER BY d.place`,
      options,
    );
    for (const { place, oid, name } of rows)
      if (place !== null && name !== null) there.set(all[place - 1]?.id ?? "", { oid, name });
  };
  const validates = ({ method }: IndexCandidate) => method === "btree";
  return {
    validates,
    sizeOf: async (one) => {
      if (!validates(one)) return estimateSize(one);
      try {
        await change([], [one]);
      } catch (error) {
        // An expression that is not immutable, a type that has no order: the real index would be refused as well.
        if (error instanceof DatabaseError && !error.retryable) return null;
        throw error;
      }
      const { bytes } = await on.one(
        sql.type(size)`
          SELECT ${own("hypopg_relation_size")}(${String(there.get(one.id)?.oid)}::OID)::TEXT AS bytes`,
        options,
      );
      await change([one.id], []);
      return bytes;
    },
    costOf: async (statement, candidates) => {
      const wanted = candidates.filter(validates);
      const ids = new Set(wanted.map(({ id }) => id));
      await change(
        [...there.keys()].filter((id) => !ids.has(id)),
        wanted.filter(({ id }) => !there.has(id)),
      );
      const plan = await genericPlan(on, statement.plannedText, options);
      const names = new Set(planNodes(plan).map((node) => node["Index Name"]));
      const others = candidates.filter((one) => !validates(one));
      const { cost, used } = estimatedCost(statement, { plan, rootOf }, others, settings);
      const planned = [...ids].filter((id) => names.has(there.get(id)?.name));
      return { cost, used: new Set([...planned, ...used]) };
    },
  };
}

/** Takes away every hypothetical index of a session. */
export async function forgetHypothetical(
  on: Queryable,
  schema: string,
  options: QueryOptions,
): Promise<void> {
  await on.query(sql.type(nothing)`SELECT ${sql.identifier([schema, "hypopg_reset"])}()`, options);
}
