import { stripVTControlCharacters } from "node:util";
import { type EmbeddedPostgres, startPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runSmith } from "../../src/program/run-smith.ts";
import { smithOn } from "./smith-on.ts";

describe("smith monitor on a terminal", () => {
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    server = await startPostgres({ durability: "fast", preload: ["pg_stat_statements"] });
    await migrateUp({ connection: server.url, folder: migrationsFolder() });
    await sql(
      "CREATE EXTENSION pg_stat_statements",
      `UPDATE monitoring.alert_thresholds SET warning_threshold = 0.01, critical_threshold = 0.02
       WHERE metric_name = 'connection_pool_usage_percent'`,
    );
  });
  afterAll(async () => {
    await server.stop();
  });
  async function sql(...texts: string[]): Promise<void> {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    for (const text of texts) await client.query(text);
    await client.end();
  }

  it("draws what is bad, goes on while the server is away, and leaves the terminal as it was", async () => {
    const terminal = fakeTerminal({ columns: 100, rows: 30 });
    const running = runSmith(["monitor", "--every", "1s"], {
      cwd: "/",
      env: { SMITH_DATABASE_URL: server.url, SMITH_DATABASE_CONNECT_TIMEOUT_MS: "2000" },
      signal: new AbortController().signal,
      stderr: { write: () => true },
      ...terminal,
    });
    await vi.waitFor(() => expect(terminal.frame()).toContain("critical"), 30_000);
    expect(terminal.frame()).toMatch(/connection_pool_usage_percent +\d/);
    expect(terminal.frame()).toMatch(/connections +\d+ of 97/);
    // What a statement says is not what the terminal does.
    await sql("SELECT pg_sleep(0.1), 'é' AS \"\u001b[31mred\u001b[0m\"");
    await vi.waitFor(() => expect(terminal.frame()).toContain("\\u001b[31mred"), 30_000);
    for (const line of terminal.frame().split("\r\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(terminal.frame().split("\r\n").length).toBeLessThanOrEqual(30);

    await server.kill();
    await vi.waitFor(() => expect(terminal.frame()).toContain("PostgreSQL does not answer"), 30_000);
    await server.start();
    await vi.waitFor(() => expect(terminal.frame()).toContain("connections"), 30_000);
    terminal.press("q");
    expect(await running).toBe(0);
    expect(terminal.written().startsWith("\u001b[?1049h\u001b[?25l")).toBe(true);
    expect(terminal.written().endsWith("\u001b[?25h\u001b[?1049l")).toBe(true);
    expect(terminal.isRaw()).toBe(false);
  });

  it("looks once where the output is no terminal", async () => {
    const { code, json } = await smithOn(server.url)("monitor");
    expect(code).toBe(0);
    expect(json.checks).toContainEqual(
      expect.objectContaining({ metric: "connection_pool_usage_percent", level: "critical" }),
    );
    expect(json.slowest.length).toBeGreaterThan(0);
  });
});

function fakeTerminal(size: { readonly columns: number; readonly rows: number }) {
  let text = "";
  let raw = false;
  const listeners = new Set<(data: Uint8Array) => void>();
  return {
    stdout: {
      ...size,
      isTTY: true,
      write: (more: string) => {
        text += more;
        return true;
      },
    },
    stdin: {
      isTTY: true,
      setRawMode: (wanted: boolean) => {
        raw = wanted;
      },
      resume: () => {},
      pause: () => {},
      on: (_: "data", hear: (data: Uint8Array) => void) => listeners.add(hear),
      off: (_: "data", hear: (data: Uint8Array) => void) => listeners.delete(hear),
    },
    written: () => text,
    /** What stands there now. */
    frame: () => stripVTControlCharacters(text.split("\u001b[H").at(-1) ?? ""),
    press: (key: string) => {
      for (const hear of listeners) hear(Buffer.from(key));
    },
    isRaw: () => raw,
  };
}
