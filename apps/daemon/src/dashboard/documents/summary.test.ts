import { expect, it } from "vitest";
import { summary } from "./summary.ts";

const pipe = (level: "ok" | "warning" | "critical" | "unknown", word = "") => ({
  role: "flush",
  title: "Agent state",
  level,
  word,
  why: "locked",
});
const ready = { ready: true, why: [] };

it("says the worst first, with every reason, each once", () => {
  const stuck = pipe("critical", "stuck");
  const alert = { metric: "cache_hit_ratio", severity: "warning" };
  expect(summary({ ready: false, why: ["flush is stuck: locked"] }, [stuck], [alert])).toEqual({
    level: "critical",
    headline: "smithd cannot do its work",
    why: ["flush is stuck: locked", "warning: cache hit ratio"],
  });
  expect(summary(ready, [stuck], [])).toMatchObject({
    level: "critical",
    headline: "A pipe does not move",
    why: ["Agent state: stuck, locked"],
  });
  expect(summary(ready, [pipe("ok")], [alert])).toMatchObject({
    level: "warning",
    headline: "One alert fires",
  });
  expect(summary(ready, [pipe("ok")], [alert, { ...alert, severity: "critical" }])).toMatchObject({
    level: "critical",
    headline: "2 alerts fire",
  });
});

it.each(["ok", "warning", "unknown"] as const)("is %s when that is the worst of the pipes", (level) => {
  expect(summary(ready, [pipe("ok"), pipe(level)], [])).toMatchObject({ level, why: [] });
});
