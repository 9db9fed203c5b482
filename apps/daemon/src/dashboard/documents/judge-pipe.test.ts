import { expect, it } from "vitest";
import { judgePipe, type PipeFacts } from "./judge-pipe.ts";

const fine: PipeFacts = {
  status: "running",
  why: undefined,
  leader: "here",
  waiting: 0,
  lagSeconds: 0,
  stuckAfterSeconds: 30,
};

it.each<[string, Partial<PipeFacts>, string, string]>([
  ["nothing waits", {}, "ok", "in step"],
  ["something waits for a moment", { waiting: 7, lagSeconds: 0.2 }, "ok", "moving"],
  ["something waits longer", { waiting: 7, lagSeconds: 6 }, "warning", "catching up"],
  ["something waits for too long", { waiting: 7, lagSeconds: 31 }, "critical", "behind"],
  ["it is stuck here", { status: "stuck", why: "locked" }, "critical", "stuck"],
  ["it is stuck here, and the database is away", { status: "stuck", leader: undefined }, "critical", "stuck"],
  ["nobody leads it", { leader: null }, "critical", "nobody leads"],
  ["nobody knows who leads", { leader: undefined, waiting: undefined }, "unknown", "not known"],
  ["another one leads it", { leader: "there", waiting: 0 }, "ok", "in step"],
  ["nobody knows what waits", { waiting: undefined, lagSeconds: undefined }, "unknown", "not known"],
])("when %s", (_, facts, level, word) => {
  expect(judgePipe({ ...fine, ...facts })).toMatchObject({ level, word });
});
