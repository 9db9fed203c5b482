import { describe, expect, it } from "vitest";
import { type AgentLife, type AgentLifeEvent, agentLifeTransitions, nextAgentLife } from "./agent-life.ts";
import { AgentLives } from "./agent-lives.ts";

const lives = Object.keys(agentLifeTransitions) as AgentLife[];
const events = Object.keys(agentLifeTransitions.cold) as AgentLifeEvent[];

function after(...happened: AgentLifeEvent[]): AgentLife {
  return happened.reduce<AgentLife>(nextAgentLife, "cold");
}

describe("the life of an agent's state", () => {
  it("goes from cold over hydrating to active, flushing, active, expired and cold", () => {
    expect(after("hydration began")).toBe("hydrating");
    expect(after("hydration began", "hydration ended")).toBe("active");
    expect(after("hydration began", "hydration ended", "write read")).toBe("flushing");
    expect(after("write read", "flush committed")).toBe("active");
    expect(after("write read", "flush committed", "went idle")).toBe("expired");
    expect(after("write read", "flush committed", "went idle", "left the bucket")).toBe("cold");
  });

  it("never expires or goes cold while a write of it is not flushed", () => {
    for (const event of events) {
      const next = nextAgentLife("flushing", event);
      if (event === "flush committed") expect(next).toBe("active");
      else expect(next, event).toBe("flushing");
    }
  });

  it("is flushing after a write, whatever it was", () => {
    for (const life of lives) expect(nextAgentLife(life, "write read"), life).toBe("flushing");
  });

  it("is active when something of it is in the bucket, unless more is known", () => {
    expect(after("seen in the bucket")).toBe("active");
    expect(after("seen in the bucket", "went idle", "seen in the bucket")).toBe("active");
    expect(after("hydration began", "seen in the bucket")).toBe("hydrating");
  });

  it("reaches every state", () => {
    const reached = new Set(lives.flatMap((life) => events.map((event) => nextAgentLife(life, event))));
    expect([...reached].toSorted()).toEqual(lives.toSorted());
  });
});

describe("the lives of many agents", () => {
  it("are counted, and what is cold is forgotten", () => {
    const many = new AgentLives();
    many.happened("write read", ["a", "b", "c"]);
    many.happened("flush committed", ["a", "b"]);
    many.happened("went idle", ["a"]);
    expect(many.counts()).toEqual({ hydrating: 0, active: 1, flushing: 1, expired: 1 });
    many.happened("left the bucket", ["a", "b"]);
    expect(many.counts()).toEqual({ hydrating: 0, active: 0, flushing: 1, expired: 0 });
    expect(many.of("a")).toBe("cold");
    many.forget();
    expect(many.counts()).toEqual({ hydrating: 0, active: 0, flushing: 0, expired: 0 });
    expect(many.of("c")).toBe("cold");
  });
});
