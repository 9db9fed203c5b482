import { describe, expect, it } from "vitest";
import { DamagedRunError } from "../files/damaged-run-error.ts";
import { checkEvents } from "../format/check-events.ts";
import { type EventOf, type RunEvent, runEvent } from "../format/run-event.ts";
import { parseTrajectory } from "./parse-trajectory.ts";

const prompt = { role: "system", content: "You fix bugs.", agent: "main", message_type: "system_prompt" };
const issue = { role: "user", content: "Fix the bug.", agent: "main", message_type: "observation" };

function call(action: string, more: object = {}): object {
  const said = `I run ${action}`;
  return { role: "assistant", content: said, thought: said, action, agent: "main", ...more };
}

function reply(content: string, more: object = {}): object {
  return { role: "user", content, agent: "main", ...more };
}

function stepOf(action: string, more: object = {}): object {
  const said = `I run ${action}`;
  return { action, observation: `output of ${action}`, response: said, thought: said, state: {}, ...more };
}

const digest = "0123456789abcdef0123456789abcdef";
const parseText = (text: string) => parseTrajectory("/runs/fix it.traj", { text, digest });
const parse = (file: object) => parseText(JSON.stringify(file));
const stepsOf = (file: object) => parse(file).events.filter((event) => event.type === "step");
const of = <Type extends RunEvent["type"]>(file: object, type: Type): EventOf<Type>[] =>
  parse(file).events.filter((event): event is EventOf<Type> => event.type === type);

describe("a SWE-agent trajectory", () => {
  it("gets an id from its name and its content", () => {
    expect(parse({ trajectory: [] }).id).toBe("fix_it-0123456789abcdef");
  });

  it("becomes events that our own format allows", () => {
    const { events } = parse({
      environment: "main",
      trajectory: [
        stepOf('open "a\u0000.py" 10', { execution_time: 0.25, state: { open_file: "/a.py" } }),
        stepOf("submit"),
      ],
      history: [prompt, issue],
      info: { exit_status: "submitted", submission: "--- a/a.py\r\n+++ b/a.py\r\n" },
      replay_config: { env: {} },
    });
    expect(checkEvents(events)).toBeUndefined();
    for (const event of events) expect(runEvent.safeParse(event).error).toBeUndefined();
  });

  it.each([
    ["as an object", { open_file: "/x", working_dir: "/" }, { open_file: "/x", working_dir: "/" }],
    [
      "as JSON in a string",
      '{"open_file": "n/a", "working_dir": "/w"}\n',
      { open_file: "n/a", working_dir: "/w" },
    ],
    ["as an empty string", "", {}],
    ["as null", null, {}],
    [
      "as a string that is no JSON",
      "bash: state: not found",
      { state_as_recorded: "bash: state: not found" },
    ],
    ["with keys that no state has", { "": 1 }, { state_as_recorded: { "": 1 } }],
  ])("may hold the state of a step %s", (_, state, read) => {
    expect(stepsOf({ trajectory: [stepOf("ls", { state })] })[0]?.state).toEqual(read);
  });

  it("may have steps without state, execution time or observation", () => {
    const [step] = stepsOf({ trajectory: [{ action: "exit_forfeit", observation: null }] });
    expect(step).toMatchObject({ action: "exit_forfeit", outcome: "completed" });
    expect(step).not.toHaveProperty("duration_ms");
    expect(step).not.toHaveProperty("observation");
  });

  it("tells durations in milliseconds where it has execution times", () => {
    expect(stepsOf({ trajectory: [stepOf("ls", { execution_time: 0.5 })] })[0]?.duration_ms).toBe(500);
  });

  it("keeps CRLF in observations and actions that are whole scripts", () => {
    const action = "edit 1:1\nimport os\nend_of_edit\n";
    const [step] = stepsOf({ trajectory: [stepOf(action, { observation: "done\r\n1:import os\r\n" })] });
    expect(step).toMatchObject({ action, observation: "done\r\n1:import os\r\n" });
  });

  it("keeps the fields of a step that it does not know", () => {
    const [step] = stepsOf({ trajectory: [stepOf("ls", { extra_info: { a: 1 }, query: [] })] });
    expect(step?.extra).toEqual({ extra_info: { a: 1 }, query: [] });
  });

  it("takes tool calls from the conversation, with their arguments parsed", () => {
    const toolCall = {
      id: "call_1",
      type: "function",
      function: { name: "open", arguments: '{"path": "a.py"}' },
    };
    const [step] = stepsOf({
      trajectory: [stepOf("open a.py")],
      history: [
        prompt,
        issue,
        call("open a.py", { tool_calls: [toolCall] }),
        reply("output of open a.py", { role: "tool", tool_call_ids: ["call_1"] }),
      ],
    });
    expect(step?.tool).toEqual({ name: "open", arguments: { path: "a.py" }, call_id: "call_1" });
  });

  it("keeps arguments of a tool that are no JSON as the text that they are", () => {
    const toolCall = { id: null, function: { name: "bash", arguments: '{"command": "ls' } };
    const [step] = stepsOf({ history: [prompt, call("ls", { tool_calls: [toolCall] })] });
    expect(step?.tool).toEqual({ name: "bash", arguments: '{"command": "ls' });
  });

  it("reads the steps out of the conversation when there is nothing else", () => {
    const shown = "8.2\n(Open file: /t/a.py)\n(Current directory: /t)\nbash-$ ";
    const file = { history: [prompt, issue, call("python a.py"), reply(shown), call("submit")] };
    expect(stepsOf(file)).toMatchObject([
      {
        step: 1,
        action: "python a.py",
        observation: shown,
        state: { open_file: "/t/a.py", working_dir: "/t" },
      },
      { step: 2, action: "submit", state: {} },
    ]);
    expect(of(file, "message").map(({ payload }) => payload)).toEqual([prompt, issue]);
    expect(of(file, "outcome")).toMatchObject([{ status: "completed" }]);
  });

  it("takes demonstrations in the conversation for what was said before the first step", () => {
    const demo = call("ls", { is_demo: true });
    const file = { history: [prompt, demo, reply("a.py", { is_demo: true }), issue, call("pwd")] };
    expect(stepsOf(file).map(({ action }) => action)).toEqual(["pwd"]);
    expect(of(file, "message")).toHaveLength(4);
  });

  it("joins content that is a list of parts", () => {
    const content = [
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ];
    const [step] = stepsOf({ history: [prompt, call("ls"), { role: "user", content, agent: "main" }] });
    expect(step?.observation).toBe("ab");
  });

  it("keeps a conversation that does not match the steps beside the task", () => {
    const history = [prompt, call("pwd"), reply("/")];
    const [task] = of({ trajectory: [stepOf("ls")], history }, "task");
    expect(task?.metadata).toEqual({ history: history.slice(1) });
  });

  it("keeps every field of the file that it does not know in the task", () => {
    const [task] = of({ trajectory: [], environment: "e", replay_config: '{"a":1}' }, "task");
    expect(task?.payload).toEqual({ environment: "e", replay_config: '{"a":1}' });
  });

  it("fails the task of a run that ended without a submission", () => {
    const file = { trajectory: [stepOf("ls")], info: { exit_status: "exit_cost" } };
    expect(of(file, "outcome")[0]).toMatchObject({
      status: "failed",
      result: { exit_status: "exit_cost" },
      error: { message: expect.stringContaining("exit_cost") },
    });
  });

  it("finds out which files were touched, which commands ran and what was submitted", () => {
    const edited = { state: { open_file: "/r/src/a.py", working_dir: "/r" } };
    const file = {
      trajectory: [
        stepOf("open src/a.py 12"),
        stepOf("create b.py"),
        stepOf("edit 1:2\nx\nend_of_edit", edited),
        stepOf("str_replace_editor view /r/c.py"),
        stepOf("rm -f b.py"),
        stepOf("python -m pytest"),
        stepOf("submit"),
      ],
      info: { exit_status: "submitted", submission: "+++ b/src/a.py\n+++ b/d.py\r\n" },
    };
    const found = of(file, "fact").map((fact) => `${fact.predicate} ${fact.entity_type} ${fact.entity_id}`);
    expect(found).toEqual([
      "opened file src/a.py",
      "created file b.py",
      "edited file /r/src/a.py",
      "opened file /r/c.py",
      "removed file b.py",
      "ran command python -m pytest",
      "submitted run fix_it-0123456789abcdef",
      "ended_with run fix_it-0123456789abcdef",
    ]);
    expect(of(file, "fact").at(-2)?.value).toMatchObject({ files: ["src/a.py", "d.py"] });
  });

  it("cuts a command that is too long for the id of an entity, and tells two such commands apart", () => {
    const ids = ["x", "y"].map((last) => {
      const [fact] = of({ trajectory: [stepOf(`echo ${"😀".repeat(300)}${last}`)] }, "fact");
      return fact?.entity_id ?? "";
    });
    expect([...(ids[0] ?? "")].length).toBeLessThanOrEqual(255);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe("a damaged trajectory is refused with its place and the reason", () => {
  const good = JSON.stringify({ trajectory: [stepOf("ls"), stepOf("pwd")], info: {} }, null, 2);

  it.each([
    ["cut in the middle", good.slice(0, 150), 7, /ends where it must go on/],
    [
      "cut in the middle of its only line",
      good.replace(/\s/g, "").slice(0, 100),
      1,
      /ends where it must go on/,
    ],
    ["a missing comma", good.replace('"ls",', '"ls"'), 5, /comma expected/],
    ["no steps and no conversation", "{}", 1, /neither trajectory nor history/],
    [
      "a step that is no object",
      good.replace(/\{\s+"action": "pwd"[^}]*\}[^}]*\}/, "7"),
      10,
      /trajectory\[1\]: invalid input: expected object/,
    ],
    ["an action that is no text", good.replace('"pwd"', "[]"), 11, /trajectory\[1\]\.action/],
    ["a list", "[]", 1, /expected object/],
    ["an empty file", "", 1, /value expected|not JSON/],
  ])("%s", (_, text, line, message) => {
    const error = (() => {
      try {
        return parseText(text);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(DamagedRunError);
    expect(error).toMatchObject({ message: expect.stringMatching(message), details: { line } });
  });
});
