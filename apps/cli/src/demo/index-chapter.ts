import { randomUUID } from "node:crypto";
import { type Database, type Queryable, sql } from "@mister-smith/client";
import { SmithError } from "@mister-smith/errors";
import { adviseIndexes, applyRecommendation, keepAdvice } from "@mister-smith/monitoring";
import { z } from "zod";
import { durationText } from "../output/duration-text.ts";
import type { Stage } from "./chapters.ts";

/** What the advised index brought. */
export interface IndexDone {
  readonly definition: string;
  /** Whether the planner itself was asked, by hypopg; else it was estimated. */
  readonly isValidated: boolean;
  /** What the planner reckons one execution to cost, in its units. */
  readonly costBefore: number;
  readonly costAfter: number;
  /** How long one execution took, in milliseconds: the median of many. */
  readonly msBefore: number;
  readonly msAfter: number;
}

const rows = 200_000;
const agents = 2_000;
const executions = 25;
const noRow = sql.type(z.object({}));
const noted = sql.type(z.object({ note_id: z.string(), noted_at: z.date() }));

/** A team's own table lacks an index: it is advised from the statements, built while the table is in use, and held against before. */
export function indexChapter({ context, story }: Stage, database: Database): Promise<IndexDone> {
  const heading = {
    title: "Find the index that is missing, prove it, and build it",
    why: "Advice comes from the statements' parse trees, judged over all of them by the planner; nothing is executed for it.",
    byHand: "smith index recommend; smith index apply ID; smith index watch",
  };
  return story.chapter(heading, async (update) => {
    update(`writing ${rows} notes of agents`);
    await fill(database);
    try {
      update("looking for notes without an index");
      const msBefore = await measure(database);
      update("looking at the statements");
      const { recorded, advice } = await advise(database);
      const [advised] = advice.indexes.filter(({ table }) => table === "demo_notes");
      if (advised === undefined) throw notAdvised(advice.skipped.length);
      const [kept] = await keepAdvice(database.write, { indexes: [advised] });
      if (kept === undefined) throw notAdvised(0);
      update("building the index");
      await applyRecommendation(database, kept.recommendation_id, { signal: context.signal });
      const msAfter = await measure(database);
      const [first] = advised.statements;
      const { costBefore = 0, costAfter = 0 } = first ?? {};
      const { colours } = context;
      story.tell(
        `${rows} notes in a table of a team's own; ${recorded ? "the statements on record" : "one statement"} showed what is missing:`,
        colours.cyan(advised.definition),
        `${advised.isValidated ? "the planner, asked with hypopg," : "an estimate from statistics (hypopg is not there)"} has it from ${Math.round(costBefore)} to ${Math.round(costAfter)}; writes would pay for it`,
        `built while the table was in use: ${durationText(msBefore)} before, ${colours.green(durationText(msAfter))} after`,
      );
      return {
        definition: advised.definition,
        isValidated: advised.isValidated,
        costBefore,
        costAfter,
        msBefore,
        msAfter,
      };
    } finally {
      await database.write.query(noRow`DROP TABLE public.demo_notes`);
    }
  });
}

async function fill(database: Database): Promise<void> {
  for (const extension of ["pg_stat_statements", "hypopg"]) await createWhereThere(database, extension);
  await database.connect(async (on) => {
    await on.query(noRow`
      CREATE TABLE public.demo_notes (
        note_id UUID PRIMARY KEY, agent INTEGER NOT NULL, kind TEXT NOT NULL, noted_at TIMESTAMPTZ NOT NULL, note TEXT NOT NULL
      )`);
    await on.query(noRow`
      INSERT INTO public.demo_notes (note_id, agent, kind, noted_at, note)
      SELECT
        gen_random_uuid(), i % ${agents}::INTEGER, 'kind ' || i % 7, now() - i * INTERVAL '1 second', repeat('note ', 10)
      FROM generate_series(1, ${rows}::INTEGER) AS i`);
    await on.query(noRow`SELECT pg_catalog.pg_stat_force_next_flush()`);
    await on.query(noRow`ANALYZE public.demo_notes`);
    // On this server of the demonstration's own the record begins anew: an index is not charged with how its table was filled.
    if (await records(on)) await on.query(noRow`SELECT pg_stat_statements_reset()`);
  });
}

async function records(on: Pick<Queryable, "one">): Promise<boolean> {
  const { isRecorded } = await on.one(recordsStatements);
  return isRecorded;
}

/** How long the latest notes of an agent take, in milliseconds: the median. */
async function measure({ write }: Database): Promise<number> {
  const times: number[] = [];
  for (let execution = 0; execution < executions; execution += 1) {
    const began = performance.now();
    await write.any(latestNotes((execution * 83) % agents));
    times.push(performance.now() - began);
  }
  return times.toSorted((one, other) => one - other)[Math.floor(executions / 2)] ?? 0;
}

function latestNotes(agent: number) {
  return noted`
    SELECT n.note_id, n.noted_at FROM public.demo_notes AS n
    WHERE n.agent = ${agent}::INTEGER ORDER BY n.noted_at DESC LIMIT 5`;
}

async function advise(database: Database) {
  if (await records(database.write))
    return { recorded: true, advice: await adviseIndexes(database, { maxStatements: 200 }) };
  const statements = [
    { queryId: randomUUID(), text: latestNotes(1).sql, calls: executions, rows: 5 * executions },
  ];
  return { recorded: false, advice: await adviseIndexes(database, { statements }) };
}

async function createWhereThere({ write }: Database, name: string): Promise<void> {
  const { isThere } = await write.one(sql.type(z.object({ isThere: z.boolean() }))`
    SELECT EXISTS (SELECT FROM pg_catalog.pg_available_extensions AS e WHERE e.name = ${name}) AS "isThere"`);
  if (isThere) await write.query(noRow`CREATE EXTENSION IF NOT EXISTS ${sql.identifier([name])}`);
}

const recordsStatements = sql.type(z.object({ isRecorded: z.boolean() }))`
  SELECT
    EXISTS (SELECT FROM pg_catalog.pg_extension AS e WHERE e.extname = 'pg_stat_statements')
      AND pg_catalog.current_setting('pg_stat_statements.max', TRUE) IS NOT NULL AS "isRecorded"`;

function notAdvised(skipped: number): SmithError {
  return new SmithError("NOT_ADVISED", `no index was advised; ${skipped} statements could not be looked at`, {
    hint: "Look with `smith index recommend --json` in a system that you keep with `smith demo --keep`.",
  });
}
