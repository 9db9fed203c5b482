import { randomUUID } from "node:crypto";
import type { NewFact } from "@mister-smith/client";
import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { unknownId, useOperatedSystem, widestLine } from "./operated-system.ts";

describe.each(clusters())("smith facts on PostgreSQL $major", (cluster) => {
  const system = useOperatedSystem(cluster);
  const knowledge = () => system().db.knowledge;
  let agentId = "";
  let entityId = "";

  beforeAll(async () => {
    ({ agentId } = await system().db.agents.register({ agentType: "crew", agentName: "ada" }));
  });
  beforeEach(() => {
    entityId = `acme:${randomUUID().slice(0, 8)}`;
  });

  const record = async (more: Partial<NewFact> = {}) =>
    await knowledge().record({
      entityType: "repository",
      entityId,
      predicate: "language",
      objectValue: "C",
      ...more,
    });
  const listed = async (line: string | readonly string[]): Promise<string[]> => {
    const { code, json } = await system().smith(line);
    expect(code).toBe(0);
    return json.facts.map((one: { factId: string }) => one.factId);
  };

  it("lists facts, what was written down last first, with all of their fields", async () => {
    const fact = await record({ confidenceScore: 0.5, sourceAgentId: agentId, evidence: { file: "a" } });
    const { json } = await system().smith(`facts list --entity repository:${entityId}`);
    expect(json).toMatchObject({
      nextCursor: null,
      facts: [
        {
          factId: fact.factId,
          entityType: "repository",
          entityId,
          predicate: "language",
          objectValue: "C",
          objectType: "string",
          confidenceScore: 0.5,
          sourceAgentId: agentId,
          evidence: { file: "a" },
          validFrom: expect.stringMatching(/Z$/),
          validUntil: null,
        },
      ],
    });
    const { stdout } = await system().text(`facts list --entity repository:${entityId}`);
    expect(stdout).toContain(fact.factId);
    expect(stdout).toContain(`repository:${entityId} = C`);
    expect(widestLine(stdout)).toBeLessThanOrEqual(120);
  });

  it("lists facts by what they are about, how sure they are and whose, and page by page", async () => {
    const sure = await record({ confidenceScore: 0.9 });
    const vague = await record({ confidenceScore: 0.2, predicate: "licence", sourceAgentId: agentId });
    const of = `facts list --entity repository:${entityId}`;
    expect(await listed(of)).toEqual([vague.factId, sure.factId]);
    expect(await listed(`${of} --predicate licence`)).toEqual([vague.factId]);
    expect(await listed(`${of} --min-confidence 0.9`)).toEqual([sure.factId]);
    expect(await listed(`${of} --source ${agentId}`)).toEqual([vague.factId]);
    expect(await listed("facts list --entity repository --limit 1000")).toEqual(
      expect.arrayContaining([sure.factId]),
    );
    expect(await listed("facts list --entity person")).toEqual([]);
    const { nextCursor } = (await system().smith(`${of} --limit 1`)).json;
    expect(await listed(`${of} --limit 1 --cursor ${nextCursor}`)).toEqual([sure.factId]);
  });

  it("lists what is valid now, what was valid then, and everything that ever was", async () => {
    const old = await record({ validFrom: new Date("2026-01-01T00:00:00Z") });
    const next = await knowledge().supersede(old.factId, {
      objectValue: "Rust",
      validFrom: new Date("2026-06-01T00:00:00Z"),
    });
    const of = `facts list --entity repository:${entityId}`;
    expect(await listed(of)).toEqual([next.factId]);
    expect(await listed(`${of} --as-of 2026-03-01`)).toEqual([old.factId]);
    expect(await listed(`${of} --as-of 2025-12-31T23:59:59Z`)).toEqual([]);
    expect(await listed(`${of} --ever`)).toEqual([next.factId, old.factId]);
    expect(await listed(`facts history repository:${entityId} language`)).toEqual([old.factId, next.factId]);
    expect((await system().text(`facts history repository:${entityId} language`)).stdout).toContain(
      "2026-06-01T00:00:00Z",
    );
  });

  it("shows a fact with all that is stored about it", async () => {
    const { factId } = await record({
      objectValue: { text_content: "a \u001b[2Jb" },
      sourceAgentId: agentId,
    });
    expect((await system().smith(`facts show ${factId}`)).json.fact).toMatchObject({
      factId,
      objectType: "text",
      objectValue: { text_content: "a \u001b[2Jb" },
    });
    const { stdout } = await system().text(`facts show ${factId}`);
    expect(stdout).toContain(agentId);
    expect(stdout).not.toContain("\u001b");
  });

  it("searches the texts, the best match first, with the place that matches", async () => {
    const text = (content: string) => record({ objectValue: { text_content: content } });
    const flaky = await text("the network test is flaky");
    const timeout = await text("a timeout of the test");
    const of = ["--entity", `repository:${entityId}`];
    expect(await listed(["facts", "search", "flaky", "network", ...of])).toEqual([flaky.factId]);
    expect(await listed(["facts", "search", ...of, "--", "test", "-network"])).toEqual([timeout.factId]);
    expect(await listed(["facts", "search", '"timeout of the test"', ...of])).toEqual([timeout.factId]);
    expect(await listed(["facts", "search", "test", "--limit", "1", ...of])).toHaveLength(1);
    const { stdout } = await system().text(["facts", "search", "flaky", ...of]);
    expect(stdout).toContain("network test is [flaky]");
    expect(widestLine(stdout)).toBeLessThanOrEqual(120);
  });

  it.each([
    ["facts list --entity none", "no fact that is valid then is like that; --ever shows all"],
    ["facts list --entity none --ever", "no fact is like that"],
    ["facts history none:none none", "nothing was ever held about that"],
    ["facts search qqqqqq", "no text has these words"],
  ])("says of %s that there is nothing, on stderr", async (line, words) => {
    expect(await system().text(line)).toEqual({ code: 0, stdout: "", stderr: `${words}\n` });
  });

  it("ends show of a fact that does not exist with exit code 8", async () => {
    expect(await system().smith(`facts show ${unknownId}`)).toMatchObject({
      code: 8,
      json: { error: { code: "NOT_FOUND", hint: expect.stringContaining("smith facts list") } },
    });
  });

  it.each([
    ["an id that is none", "facts show x", "expected an id"],
    ["a confidence beyond", "facts list --min-confidence 1.5", "from 0 to 1"],
    ["a time that is none", "facts list --as-of never", "such as 2026-11-23T02:30:00Z"],
    ["a time and no time", "facts list --as-of 2h --ever", "do not go together"],
    ["an entity without an id", "facts history repository language", "expected TYPE:ID"],
    ["a source that is none", "facts list --source ada", "expected an id"],
  ])("refuses %s with exit code 2, and says what is allowed", async (_, line, words) => {
    const { code, json } = await system().smith(line);
    expect(json.error?.message).toContain(words);
    expect(code).toBe(2);
  });
});
