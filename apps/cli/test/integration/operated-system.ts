import { tmpdir } from "node:os";
import { createDatabase, type Database } from "@mister-smith/client";
import type { TestCluster, TestDatabase } from "@mister-smith/testkit";
import { afterAll, beforeAll } from "vitest";
import { runSmith } from "../../src/program/run-smith.ts";
import { migratedDatabase, psql } from "./replay-database.ts";
import type { Run } from "./run-smith.ts";
import { type JsonRun, smithOn } from "./smith-on.ts";

/** A migrated database with the application's client on it, and the tool that operates it. */
export interface OperatedSystem {
  readonly url: string;
  readonly db: Database;
  /** The tool with `--json`. Words stand in one line, apart by blanks; a list has words with blanks of their own. */
  smith(words: string | readonly string[]): Promise<JsonRun>;
  /** The tool as people use it, in this process, without colours. */
  text(words: string | readonly string[]): Promise<Run>;
  /** Runs SQL as superuser. */
  sql(text: string): Promise<Record<string, unknown>[]>;
}

/** An id that nothing has. */
export const unknownId = "00000000-0000-4000-8000-00000000dead";

/** Makes the system before the tests of a group and takes it away afterwards. */
export function useOperatedSystem(cluster: TestCluster): () => OperatedSystem {
  let database: TestDatabase | undefined;
  let system: OperatedSystem | undefined;
  beforeAll(async () => {
    database = await migratedDatabase(cluster);
    const { url } = database;
    const json = smithOn(url);
    system = {
      url,
      db: await createDatabase({ primary: { url, min: 0 } }),
      smith: async (words) => {
        if (typeof words === "string") return await json(words);
        const { code, stdout, stderr } = await run(url, ["--json", ...words]);
        return { code: code ?? -1, json: JSON.parse(stdout), stderr };
      },
      text: (words) => run(url, typeof words === "string" ? words.split(" ") : words),
      sql: (text) => psql(url, text),
    };
  });
  afterAll(async () => {
    await system?.db.close();
    await database?.drop();
  });
  return () => {
    if (system === undefined) throw new TypeError("the system is there only while tests run");
    return system;
  };
}

async function run(url: string, words: readonly string[]): Promise<Run> {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
      return true;
    },
  });
  const code = await runSmith(words, {
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"], SMITH_DATABASE_URL: url },
    signal: new AbortController().signal,
    stdout: stream("stdout"),
    stderr: stream("stderr"),
  });
  return { code, ...written };
}

/** The widest line of what was printed, in characters. */
export function widestLine(text: string): number {
  return Math.max(...text.split("\n").map((line) => [...line].length));
}
