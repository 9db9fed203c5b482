import type { TestDatabase } from "@mister-smith/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { emptyAgain, migratedDatabase, psql, RunFiles, runOf } from "./replay-database.ts";
import { type SmithOnDatabase, smithOn } from "./smith-on.ts";

describe("smith replay", () => {
  let database: TestDatabase;
  let files: RunFiles;
  let smith: SmithOnDatabase;

  beforeAll(async () => {
    [database, files] = await Promise.all([migratedDatabase(), RunFiles.make()]);
    smith = smithOn(database.url, { cwd: files.folder });
    await files.write("a.jsonl", runOf("a", 3));
  });
  afterEach(async () => {
    await emptyAgain(database.url);
  });
  afterAll(async () => {
    await files[Symbol.asyncDispose]();
    await database.drop();
  });

  it("reads paths from where it is called, and ends with 0 when every row is right", async () => {
    const { code, json } = await smith("replay a.jsonl --agents 3 --concurrency 2");
    expect(code).toBe(0);
    expect(json).toMatchObject({ verified: true, agents: 3, steps: 9, differences: [] });
    expect(json.statements[0]).toMatchObject({ statement: expect.any(String), p99Ms: expect.any(Number) });
  });

  it("ends with 1 and lists what differs when a row is not as the input says", async () => {
    await smith("replay a.jsonl");
    await psql(database.url, "UPDATE knowledge.facts SET object_value = '7'");
    const { code, json } = await smith("replay a.jsonl");
    expect(code).toBe(1);
    expect(json.differences).toMatchObject([{ table: "knowledge.facts", column: "object_value", actual: 7 }]);
  });

  it.each([
    ["replay a.jsonl --agents 0", 2, "must be a number of agents"],
    ["replay a.jsonl --rate -1", 2, "steps a second"],
    ["replay a.jsonl --label a/b", 2, "letters"],
    ["replay", 2, "missing required argument"],
    ["replay none.jsonl", 1, "none.jsonl"],
    ["replay a.txt", 1, "does not exist"],
  ])("refuses `smith %s`", async (line, exit, words) => {
    const { code, json } = await smith(line);
    expect(code).toBe(exit);
    expect(json.error.message).toContain(words);
  });
});
