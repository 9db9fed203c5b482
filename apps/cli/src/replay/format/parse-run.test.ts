import { describe, expect, it } from "vitest";
import { DamagedRunError } from "../files/damaged-run-error.ts";
import { parseRun } from "./parse-run.ts";

const header = { format: "mister-smith/run", version: 1, run: "r1" };
const agent = { type: "agent", agent: "a", agent_type: "coder" };
const task = { type: "task", task: "t", agent: "a", task_type: "fix" };
const step = { type: "step", step: 1, agent: "a", task: "t", action: "ls" };

function fileOf(events: readonly object[], head: object = header): string {
  const lines = [head, ...events, { type: "end", events: events.length }];
  return `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`;
}

const parse = (text: string) => parseRun("run.jsonl", { text, digest: "d" });

function refusal(text: string): { line: unknown; message: string } {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof DamagedRunError)) throw error;
    expect(error.hint).toContain("Nothing was written");
    return { line: error.details["line"], message: error.message };
  }
  throw new TypeError("the file was not refused");
}

describe("a run in JSON Lines", () => {
  it("is read with its header and its events in their order", () => {
    const run = parse(fileOf([agent, task, step, { type: "outcome", task: "t", status: "completed" }]));
    expect(run).toMatchObject({ id: "r1", file: "run.jsonl", digest: "d", startedAt: undefined });
    expect(run.events.map(({ type }) => type)).toEqual(["agent", "task", "step", "outcome"]);
  });

  it("may have CRLF line ends", () => {
    expect(parse(fileOf([agent]).replaceAll("\n", "\r\n")).events).toHaveLength(1);
  });

  it("keeps NUL, lone surrogates, CRLF, line separators and a key named __proto__ as they are", () => {
    const observation = "a\u0000b\ud83d \r\n \u2028 😀";
    const text = fileOf([agent, task, { ...step, observation, state: { k: JSON.parse('{"__proto__":1}') } }]);
    const [, , read] = parse(text).events;
    expect(read).toMatchObject({ observation });
    expect(JSON.stringify(read)).toContain('"__proto__":1');
  });
});

describe("a damaged run is refused with its line and the reason", () => {
  it.each([
    ["a line cut in the middle", fileOf([agent]).replace('"coder"}', '"co'), 2, /ends where it must go on/],
    [
      "a comma too much",
      fileOf([agent]).replace('"coder"}', '"coder",}'),
      2,
      /column 50: property name expected/,
    ],
    ["a file without its end line", fileOf([agent]).replace(/\{"type":"end.*\n/, ""), 2, /may be cut/],
    [
      "lines missing before the end line",
      fileOf([agent, task]).replace(/.*"task".*\n/, ""),
      3,
      /counts 2 events, the file has 1/,
    ],
    ["lines after the end line", `${fileOf([agent])}{"type":"end","events":1}\n`, 3, /more lines follow/],
    ["an empty line", fileOf([agent]).replace("\n", "\n\n"), 2, /the line is empty/],
    ["an empty file", "", 1, /the line is empty/],
    [
      "another version",
      fileOf([agent], { ...header, version: 2 }),
      1,
      /version 2 of the format is not known/,
    ],
    ["no header", fileOf([agent], agent), 1, /no header of a run: format/],
    ["an unknown event", fileOf([agent, { type: "dance" }]), 3, /dance: type: invalid/],
    ["an unknown field", fileOf([{ ...agent, colour: "red" }]), 2, /agent: unknown field "colour"/],
    [
      "a wrong type",
      fileOf([agent, task, { ...step, step: "1" }]),
      4,
      /step: step: invalid input: expected number/,
    ],
    ["a line that is no object", fileOf([agent]).replace(/\{"type":"agent.*\}/, "[]"), 2, /no JSON object/],
    [
      "an integer too big to keep",
      fileOf([agent, task, { ...step, state: { n: 0 } }]).replace('"n":0', '"n":12345678901234567890'),
      4,
      /12345678901234567890 cannot be kept/,
    ],
    [
      "a number too big to keep",
      fileOf([agent, task, { ...step, state: { n: 0 } }]).replace('"n":0', '"n":1e400'),
      4,
      /1e400 cannot be kept/,
    ],
    ["a step there twice", fileOf([agent, task, step, step]), 5, /step 1 is there twice/],
    ["steps out of order", fileOf([agent, task, { ...step, step: 9 }, step]), 5, /step 1 comes after step 9/],
    [
      "an agent nobody registered",
      fileOf([agent, { ...task, agent: "b" }]),
      3,
      /agent "b" is not registered/,
    ],
    ["an agent registered twice", fileOf([agent, agent]), 3, /agent "a" is registered twice/],
    ["a task nobody started", fileOf([agent, step]), 3, /task "t" is not started/],
    [
      "a step of a task that has ended",
      fileOf([agent, task, { type: "outcome", task: "t", status: "completed" }, step]),
      5,
      /task "t" has ended already/,
    ],
    [
      "a failure without its error",
      fileOf([agent, task, { ...step, outcome: "failed" }]),
      4,
      /needs an error/,
    ],
    [
      "a status that changes nothing",
      fileOf([agent, { type: "lifecycle", agent: "a", event: "x", status: "initializing" }]),
      3,
      /is initializing already/,
    ],
    [
      "a message for nobody",
      fileOf([agent, { type: "message", kind: "query", payload: 1 }]),
      3,
      /exactly one of to/,
    ],
    [
      "an answer to nothing",
      fileOf([agent, { type: "message", kind: "response", to: "a", in_reply_to: "m", payload: 1 }]),
      3,
      /in_reply_to names message "m"/,
    ],
    [
      "a time before the last",
      fileOf([
        { ...agent, at: "2026-03-02T10:00:00Z" },
        { ...task, at: "2026-03-02T09:59:59Z" },
      ]),
      3,
      /is before/,
    ],
    [
      "a confidence that would be rounded",
      fileOf([
        agent,
        {
          type: "fact",
          agent: "a",
          entity_type: "e",
          entity_id: "1",
          predicate: "p",
          value: 1,
          confidence: 0.875,
        },
      ]),
      3,
      /two decimals/,
    ],
    [
      "a state key of the replay's own",
      fileOf([agent, task, { ...step, state: { "run.progress": 1 } }]),
      4,
      /written by the replay itself/,
    ],
    [
      "a name that a column cannot hold",
      fileOf([{ ...agent, agent: "a".repeat(201) }]),
      2,
      /longer than 200 characters/,
    ],
    ["a name with NUL in it", fileOf([{ ...agent, agent: "a\u0000" }]), 2, /must not contain U\+0000/],
    ["no agent at all", fileOf([]), 2, /registers no agent/],
  ])("%s", (_, text, line, message) => {
    const refused = refusal(text);
    expect(refused.message).toMatch(message);
    expect(refused.line).toBe(line);
  });
});
