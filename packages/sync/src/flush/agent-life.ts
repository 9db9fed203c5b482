/**
 * The life of an agent's state in the fast store.
 *
 * - `cold`: the bucket has nothing of it; PostgreSQL may
 * - `hydrating`: what PostgreSQL has is being brought into the bucket
 * - `active`: the bucket has it, and PostgreSQL has all that was flushed
 * - `flushing`: writes of it are on their way to PostgreSQL
 * - `expired`: it was idle, PostgreSQL has it, and it is being removed from the bucket
 */
export type AgentLife = "cold" | "hydrating" | "active" | "flushing" | "expired";

/** What happens to an agent's state. */
export type AgentLifeEvent =
  | "hydration began"
  | "hydration ended"
  | "write read"
  | "flush committed"
  | "flush failed"
  | "seen in the bucket"
  | "went idle"
  | "left the bucket";

/**
 * What comes next, for every state and every event. A write wins over everything: whatever else is going on, what was
 * written has to be flushed before the agent may expire.
 */
export const agentLifeTransitions: Readonly<Record<AgentLife, Readonly<Record<AgentLifeEvent, AgentLife>>>> =
  {
    cold: {
      "hydration began": "hydrating",
      "hydration ended": "cold",
      "write read": "flushing",
      "flush committed": "cold",
      "flush failed": "cold",
      "seen in the bucket": "active",
      "went idle": "cold",
      "left the bucket": "cold",
    },
    hydrating: {
      "hydration began": "hydrating",
      "hydration ended": "active",
      "write read": "flushing",
      "flush committed": "hydrating",
      "flush failed": "hydrating",
      "seen in the bucket": "hydrating",
      "went idle": "hydrating",
      "left the bucket": "cold",
    },
    active: {
      "hydration began": "hydrating",
      "hydration ended": "active",
      "write read": "flushing",
      "flush committed": "active",
      "flush failed": "active",
      "seen in the bucket": "active",
      "went idle": "expired",
      "left the bucket": "cold",
    },
    flushing: {
      "hydration began": "flushing",
      "hydration ended": "flushing",
      "write read": "flushing",
      "flush committed": "active",
      // It is read again from the stored position.
      "flush failed": "flushing",
      "seen in the bucket": "flushing",
      "went idle": "flushing",
      // Older keys of it may leave; what is on its way is still there.
      "left the bucket": "flushing",
    },
    expired: {
      "hydration began": "hydrating",
      "hydration ended": "active",
      "write read": "flushing",
      "flush committed": "expired",
      "flush failed": "expired",
      // It was brought there from PostgreSQL once more.
      "seen in the bucket": "active",
      "went idle": "expired",
      "left the bucket": "cold",
    },
  };

/** The state after an event. */
export function nextAgentLife(life: AgentLife, event: AgentLifeEvent): AgentLife {
  return agentLifeTransitions[life][event];
}
