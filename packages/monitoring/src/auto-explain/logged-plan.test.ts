import { expect, it } from "vitest";
import { boundedLines } from "./bounded-lines.ts";
import { logEntries } from "./log-entries.ts";
import { loggedPlan } from "./logged-plan.ts";

const json = (text: string, more = "") =>
  `{\n  "Query Text": ${JSON.stringify(text)},${more}\n  "Plan": {"Node Type": "Seq Scan", "Relation Name": "a"}\n}`;
const asText = (first: string, body: string) => `${first}\n${body.replace(/^/gm, "\t")}\n`;

async function plansIn(...pieces: readonly string[]): Promise<unknown[]> {
  async function* chunks() {
    yield* pieces;
  }
  const found: unknown[] = [];
  for await (const entry of logEntries(boundedLines(chunks()))) {
    const plan = await loggedPlan(entry);
    if (plan !== null) found.push(typeof plan === "string" ? "unreadable" : plan);
  }
  return found;
}

it.each([
  ["English", "2026-11-27 21:00:00.123 UTC [42] LOG:  duration: 12.345 ms  plan:"],
  ["German", "2026-11-27 21:00:00 CET [42] LOG:  Dauer: 12.345 ms  Plan:"],
  ["Russian", "[42] СООБЩЕНИЕ:  продолжительность: 12.345 мс, план:"],
  ["Japanese", "LOG:  実行時間: 12.345 ミリ秒  実行計画:"],
])("reads a plan from a log of text in %s, with no literal of its statement", async (_, first) => {
  const log = `LOG:  checkpoint starting: time\n${asText(first, json("SELECT * FROM a WHERE b = 'secret'"))}LOG:  done\n`;
  expect(await plansIn(log)).toEqual([
    expect.objectContaining({
      queryId: expect.stringMatching(/^text:/),
      text: "SELECT * FROM a WHERE b = $1",
      durationMs: 12.345,
      plan: [expect.objectContaining({ Plan: { "Node Type": "Seq Scan", "Relation Name": "a" } })],
    }),
  ]);
});

it("reads plans from a log of JSON, with the server's queryid to its last digit", async () => {
  const message = `duration: 3.000 ms  plan:\n${json("SELECT 1")}`;
  const line = `{"timestamp":"2026-11-27","message":${JSON.stringify(message)},"query_id":-6883648392749283746}\n`;
  const broken = line.slice(0, 60);
  expect(await plansIn(line.slice(0, 20), line.slice(20), `${broken}\n`)).toMatchObject([
    { queryId: "-6883648392749283746", durationMs: 3, text: "SELECT $1" },
  ]);
});

it("gives a statement one id whatever its literals are", async () => {
  const log = ["1", "2"].map((n) =>
    asText("LOG:  duration: 1.000 ms  plan:", json(`SELECT * FROM a WHERE b = ${n}`)),
  );
  const [one, other] = (await plansIn(...log)) as { queryId: string }[];
  expect(one?.queryId).toBe(other?.queryId);
});

it.each(["SELECT * FROM a WHERE b = 'secret' AND", "SELECT 'secret", "frobnicate 'secret'"])(
  "keeps no literal of a text that is no statement: %s",
  async (text) => {
    const found = await plansIn(asText("LOG:  duration: 1.000 ms  plan:", json(text)));
    expect(found).toMatchObject([
      { queryId: expect.stringMatching(/^text:/), text: expect.stringMatching(/^-- /) },
    ]);
    expect(JSON.stringify(found)).not.toContain("secret");
  },
);

it("keeps no literal and no parameter of a statement beside its plan", async () => {
  const entry = json("SELECT 'secret'", '\n  "Query Parameters": "$1 = \'secret\'",');
  const found = await plansIn(asText("LOG:  duration: 1.000 ms  plan:", entry));
  expect(found).toMatchObject([{ text: "SELECT $1" }]);
  expect(JSON.stringify(found)).not.toContain("secret");
});

it("says of a plan that was cut that it cannot be read, and reads the next", async () => {
  const whole = asText("LOG:  duration: 1.000 ms  plan:", json("SELECT 1"));
  const cut = whole.slice(0, -12);
  expect(await plansIn(`${cut}\n${whole}`)).toEqual([
    "unreadable",
    expect.objectContaining({ text: "SELECT $1" }),
  ]);
});

it("takes nothing else for a plan, and no line without end", async () => {
  expect(
    await plansIn("LOG:  duration: 1.000 ms  statement: SELECT 1\n", "ERROR:  x\n\t{\n\t  y\n", '{"a": 1}\n'),
  ).toEqual([]);
  async function* endless() {
    for (let n = 0; n < 10; n += 1) yield "x".repeat(1000);
  }
  const lines: string[] = [];
  for await (const line of boundedLines(endless(), 2000)) lines.push(line);
  expect(lines).toEqual(["x".repeat(2000)]);
});

it("says of a plan that is deeper than anything can read that it cannot be read", async () => {
  const deep = `{"Query Text": "SELECT 1", "Plan": ${'{"Node Type": "Limit", "Plans": ['.repeat(50_000)}${"]}".repeat(50_000)}}`;
  expect(await plansIn(`LOG:  duration: 1.000 ms  plan:\n\t${deep}\n`)).toEqual(["unreadable"]);
});
