import { tmpdir } from "node:os";
import { Client } from "pg";
import { runSmith } from "../../src/program/run-smith.ts";
import type { RunOptions } from "./run-smith.ts";

/** What a run with `--json` came to. */
export interface JsonRun {
  readonly code: number;
  /** The document on stdout: reading it fails the test when it is not exactly one. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at documents of every shape
  readonly json: any;
  readonly stderr: string;
}

/** The tool against one database. Options and arguments stand in one line, apart by blanks. */
export interface SmithOnDatabase {
  (line: string): Promise<JsonRun>;
  /** Runs SQL as superuser. */
  sql(text: string): Promise<readonly Record<string, unknown>[]>;
}

/**
 * The whole tool against the database of the URL, with JSON asked for, in this process: a process of its own costs
 * a second a run on a busy machine, and what only it can show is shown in command-line.test.ts.
 */
export function smithOn(url: string, { cwd = tmpdir(), env = {} }: RunOptions = {}): SmithOnDatabase {
  const run = async (line: string): Promise<JsonRun> => {
    let stdout = "";
    let stderr = "";
    const code = await runSmith([...line.split(" "), "--json"], {
      cwd,
      env: { PATH: process.env["PATH"], SMITH_DATABASE_URL: url, ...env },
      signal: new AbortController().signal,
      stdout: writeTo((text) => {
        stdout += text;
      }),
      stderr: writeTo((text) => {
        stderr += text;
      }),
    });
    return { code, json: JSON.parse(stdout), stderr };
  };
  return Object.assign(run, {
    async sql(text: string) {
      const client = new Client({ connectionString: url, application_name: "smith test" });
      await client.connect();
      try {
        return (await client.query<Record<string, unknown>>(text)).rows;
      } finally {
        await client.end();
      }
    },
  });
}

function writeTo(keep: (text: string) => void) {
  return {
    write: (text: string) => {
      keep(text);
      return true;
    },
  };
}
