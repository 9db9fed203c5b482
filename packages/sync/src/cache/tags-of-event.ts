import type { OutboxEvent } from "../events/outbox-event.ts";

/**
 * The tags that an event invalidates: `kind:<kind>`, its aggregate (`state:<agent>:<key>`, `task:<id>`, `message:<id>`,
 * `session:<id>`, `config:<agent>`), and `agent:<agent>` for state, lifecycle and configuration. A heartbeat invalidates
 * `kind:heartbeat` and `heartbeat:<agent>` alone: it comes every few seconds and changes nothing else.
 */
export function tagsOfEvent({ kind, aggregate }: OutboxEvent): readonly string[] {
  switch (kind) {
    case "heartbeat":
      return ["kind:heartbeat", aggregate.replace(/^agent:/, "heartbeat:")];
    case "state":
      return ["kind:state", aggregate, `agent:${aggregate.slice(6, 42)}`];
    case "config":
      return ["kind:config", aggregate, `agent:${aggregate.slice(7)}`];
    default:
      return [`kind:${kind}`, aggregate];
  }
}
