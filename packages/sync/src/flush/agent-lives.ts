import { type AgentLife, type AgentLifeEvent, nextAgentLife } from "./agent-life.ts";

/**
 * Follows the lives of agents, as flusher, hydrator and evictor of one process tell them; what is cold takes no memory. It
 * knows what these have seen since the process began, and no more.
 */
export class AgentLives {
  readonly #lives = new Map<string, AgentLife>();
  readonly #counts: Record<Exclude<AgentLife, "cold">, number> = {
    hydrating: 0,
    active: 0,
    flushing: 0,
    expired: 0,
  };

  of(agentId: string): AgentLife {
    return this.#lives.get(agentId) ?? "cold";
  }

  /** How many agents are in each state but `cold`. */
  counts(): Readonly<Record<Exclude<AgentLife, "cold">, number>> {
    return { ...this.#counts };
  }

  /** All are cold: the bucket is another one, or somebody else follows them. */
  forget(): void {
    this.#lives.clear();
    for (const life of ["hydrating", "active", "flushing", "expired"] as const) this.#counts[life] = 0;
  }

  happened(event: AgentLifeEvent, agentIds: Iterable<string>): void {
    for (const agentId of agentIds) {
      const before = this.of(agentId);
      const after = nextAgentLife(before, event);
      if (before === after) continue;
      if (before !== "cold") this.#counts[before] -= 1;
      if (after === "cold") this.#lives.delete(agentId);
      else {
        this.#counts[after] += 1;
        this.#lives.set(agentId, after);
      }
    }
  }
}
