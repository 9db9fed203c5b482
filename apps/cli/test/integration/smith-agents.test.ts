import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { unknownId, useOperatedSystem, widestLine } from "./operated-system.ts";

describe.each(clusters())("smith agents on PostgreSQL $major", (cluster) => {
  const system = useOperatedSystem(cluster);
  const agentType = "crew";
  let ada = "";
  let bob = "";
  let eve = "";

  beforeAll(async () => {
    const { agents, state } = system().db;
    ({ agentId: ada } = await agents.register({
      agentType,
      agentName: "ada",
      capabilities: { tools: ["bash"] },
    }));
    ({ agentId: bob } = await agents.register({
      agentType,
      agentName: "bob",
      parentAgentId: ada,
      capabilities: ["read"],
    }));
    ({ agentId: eve } = await agents.register({ agentType, agentName: "\u001b[2Jeve", parentAgentId: bob }));
    await agents.changeStatus(bob, { status: "active", eventData: { because: "ready" } });
    await state.put({ agentId: ada, stateKey: "a", stateValue: 1 });
    await state.put({ agentId: ada, stateKey: "b", stateValue: 2 });
  });
  const ids = async (line: string | readonly string[]): Promise<string[]> => {
    const { code, json } = await system().smith(line);
    expect(code).toBe(0);
    return json.agents.map((one: { agentId: string }) => one.agentId);
  };

  it("lists agents, the newest first, with all of their fields", async () => {
    const { json } = await system().smith("agents list");
    expect(json.nextCursor).toBeNull();
    expect(json.agents.map((one: { agentId: string }) => one.agentId)).toEqual([eve, bob, ada]);
    expect(json.agents[1]).toEqual({
      agentId: bob,
      agentType,
      agentName: "bob",
      status: "active",
      capabilities: ["read"],
      configuration: {},
      metadata: expect.any(Object),
      parentAgentId: ada,
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
      lastHeartbeat: null,
    });
  });

  it.each<[string, () => string | string[], () => string[]]>([
    ["type", () => "agents list --type crew", () => [eve, bob, ada]],
    ["a type that none has", () => "agents list --type none", () => []],
    ["statuses", () => "agents list --status active,error", () => [bob]],
    ["name", () => "agents list --name ada", () => [ada]],
    ["parent", () => `agents list --parent ${ada}`, () => [bob]],
    ["no parent", () => "agents list --parent none", () => [ada]],
    ["a capability", () => "agents list --capability read", () => [bob]],
    ["capabilities in JSON", () => ["agents", "list", "--capability", '{"tools": ["bash"]}'], () => [ada]],
    ["silence, which asks for active ones", () => "agents list --silent-for 0s", () => [bob]],
    ["silence of any status", () => "agents list --silent-for 0s --status initializing", () => [eve, ada]],
    ["a longer silence", () => "agents list --silent-for 1h", () => []],
  ])("lists agents by %s", async (_, line, expected) => {
    expect(await ids(line())).toEqual(expected());
  });

  it("goes from page to page by the cursor that it tells", async () => {
    const first = await system().smith("agents list --limit 2");
    expect(first.json.agents).toHaveLength(2);
    expect(await ids(`agents list --limit 2 --cursor ${first.json.nextCursor}`)).toEqual([ada]);
    const { stdout } = await system().text("agents list --limit 2");
    expect(stdout).toContain(`more follow: add --cursor ${first.json.nextCursor}\n`);
  });

  it("prints tables within 120 columns with whole ids, and nothing that moves the cursor", async () => {
    const { code, stdout } = await system().text("agents list");
    expect(code).toBe(0);
    expect(widestLine(stdout)).toBeLessThanOrEqual(120);
    for (const id of [ada, bob, eve]) expect(stdout).toContain(id);
    expect(stdout).toContain("\\u001b[2Jeve");
    expect(stdout).not.toContain("\u001b");
  });

  it("says on stderr that nothing was found, and prints nothing", async () => {
    expect(await system().text("agents list --type none")).toEqual({
      code: 0,
      stdout: "",
      stderr: "no agent is like that\n",
    });
  });

  it("shows an agent with its relatives, its events and how much state it has", async () => {
    const { code, json } = await system().smith(`agents show ${bob.toUpperCase()}`);
    expect(code).toBe(0);
    expect(json).toMatchObject({
      agent: { agentId: bob, status: "active" },
      parent: { agentId: ada },
      children: [{ agentId: eve }],
      childrenCursor: null,
      stateKeys: 0,
      events: [
        {
          eventType: "status_changed",
          previousStatus: "initializing",
          newStatus: "active",
          eventData: { because: "ready" },
        },
        { eventType: "registered" },
      ],
    });
    expect((await system().smith(`agents show ${ada}`)).json).toMatchObject({ parent: null, stateKeys: 2 });
    const { stdout } = await system().text(`agents show ${bob}`);
    expect(stdout).toContain("initializing > active");
    expect(widestLine(stdout)).toBeLessThanOrEqual(120);
  });

  it("shows whom an agent started, each below its parent", async () => {
    const { json } = await system().smith(`agents tree ${ada}`);
    expect(json.agents.map((one: { agentId: string; depth: number }) => [one.agentId, one.depth])).toEqual([
      [ada, 0],
      [bob, 1],
      [eve, 2],
    ]);
    expect((await system().smith(`agents tree ${ada} --depth 1`)).json.agents).toHaveLength(2);
    const { stdout } = await system().text(`agents tree ${ada}`);
    expect(stdout.split("\n").map((line) => line.slice(0, 8))).toEqual([
      ada.slice(0, 8),
      `└─ ${bob.slice(0, 5)}`,
      `   └─ ${eve.slice(0, 2)}`,
      "",
    ]);
  });

  it("terminates for good only when that is said, and tells who and why on record", async () => {
    const { agents } = system().db;
    const { agentId } = await agents.register({ agentType: "doomed", agentName: "d" });
    const asked = await system().smith(`agents terminate ${agentId}`);
    expect(asked).toMatchObject({
      code: 2,
      json: { error: { code: "USAGE", hint: expect.stringContaining("--final") } },
    });
    expect((await agents.get(agentId))?.status).toBe("initializing");

    const done = await system().smith([
      "agents",
      "terminate",
      agentId,
      "--final",
      "--reason",
      "host is gone",
    ]);
    expect(done).toMatchObject({
      code: 0,
      json: { agents: [{ agentId, outcome: "changed", previousStatus: "initializing" }] },
    });
    expect((await agents.get(agentId))?.status).toBe("terminated");
    expect((await agents.events({ agentId, limit: 1 })).items).toMatchObject([
      { eventType: "terminated", eventData: { by: "smith", reason: "host is gone" } },
    ]);
    expect((await system().smith(`agents terminate ${agentId} --final`)).code).toBe(0);
  });

  it("terminates those that exist, and says which do not", async () => {
    const { agentId } = await system().db.agents.register({ agentType: "doomed", agentName: "d" });
    const { code, stdout, stderr } = await system().text(`agents terminate ${agentId} ${unknownId} --final`);
    expect(code).toBe(8);
    expect(stdout).toContain(`${unknownId}  not registered`);
    expect(stderr).toBe("1 agent of 2 does not exist\n");
    expect((await system().db.agents.get(agentId))?.status).toBe("terminated");
  });

  it.each(["show", "tree"])("ends %s of an agent that does not exist with exit code 8", async (command) => {
    expect(await system().smith(`agents ${command} ${unknownId}`)).toMatchObject({
      code: 8,
      json: { error: { code: "NOT_FOUND", exitCode: 8, hint: expect.stringContaining("smith agents list") } },
    });
  });

  it.each([
    ["an id that is none", "agents show 42", "agent-id 42: expected an id"],
    ["a status that is none", "agents list --status active,asleep", "initializing, active, idle"],
    ["a duration that is none", "agents list --silent-for soon", "such as 90s, 10m"],
    ["a limit beyond", "agents list --limit 1001", "from 1 to 1000"],
    [
      "a cursor of another list",
      `agents list --cursor ${Buffer.from('["tasks",["x"]]').toString("base64url")}`,
      "not a cursor of agents",
    ],
    ["broken JSON", "agents list --capability {x", "--capability"],
    ["ids of which one is none", `agents terminate ${randomUUID()} x --final`, "x: expected an id"],
    ["a depth that is none", `agents tree ${randomUUID()} --depth 0`, "from 1 to 1000"],
  ])("refuses %s with exit code 2, and says what is allowed", async (_, line, words) => {
    const { code, json } = await system().smith(line);
    expect(code).toBe(2);
    expect(json.error.message).toContain(words);
  });
});
