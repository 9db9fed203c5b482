import type { EventOf, RunEvent } from "./run-event.ts";

/** What is wrong between events that are each well formed, and at which of them; positions count from 0. */
export interface EventFault {
  readonly position: number;
  readonly reason: string;
}

/** Checks that events refer only to what came before them, and that nothing is there twice. */
export function checkEvents(events: readonly RunEvent[]): EventFault | undefined {
  const seen = new Seen();
  for (const [position, event] of events.entries()) {
    const reason = seen.late(event.at) ?? seen.take(event);
    if (reason !== undefined) return { position, reason };
  }
  if (seen.agents.size > 0) return undefined;
  return { position: Math.max(0, events.length - 1), reason: "the run registers no agent" };
}

type Verdict = string | undefined;

class Seen {
  readonly agents = new Map<string, string>();
  readonly #tasks = new Map<string, "running" | "ended">();
  readonly #messages = new Set<string>();
  readonly #channels = new Set<string>();
  readonly #subscriptions = new Set<string>();
  #lastStep = 0;
  #lastAt: string | undefined;

  late(at: string | undefined): Verdict {
    if (at === undefined) return undefined;
    const before = this.#lastAt;
    this.#lastAt = at;
    if (before === undefined || Date.parse(at) >= Date.parse(before)) return undefined;
    return `at ${at} is before the ${before} of an earlier line; lines stand in the order of events`;
  }

  take(event: RunEvent): Verdict {
    switch (event.type) {
      case "agent":
        return this.#agent(event);
      case "lifecycle":
        return this.#lifecycle(event);
      case "task":
        return this.#task(event);
      case "step":
        return this.#step(event);
      case "message":
        return this.#message(event);
      case "channel":
        return this.#channel(event);
      case "subscribe":
        return this.#subscribe(event);
      case "outcome":
        return this.#outcome(event);
      default:
        return this.#known(event.agent);
    }
  }

  #agent(event: EventOf<"agent">): Verdict {
    if (this.agents.has(event.agent)) return `agent ${quoted(event.agent)} is registered twice`;
    const reason = event.parent === undefined ? undefined : this.#known(event.parent);
    this.agents.set(event.agent, "initializing");
    return reason;
  }

  #lifecycle(event: EventOf<"lifecycle">): Verdict {
    const before = this.agents.get(event.agent);
    if (before === undefined || event.status === undefined) return this.#known(event.agent);
    if (before === event.status) return `agent ${quoted(event.agent)} is ${before} already`;
    this.agents.set(event.agent, event.status);
    return undefined;
  }

  #task(event: EventOf<"task">): Verdict {
    if (this.#tasks.has(event.task)) return `task ${quoted(event.task)} is started twice`;
    const needed = [event.parent, ...(event.depends_on ?? [])].find(
      (task) => task !== undefined && !this.#tasks.has(task),
    );
    if (needed !== undefined) return unknownTask(needed);
    if (new Set(event.depends_on).size !== (event.depends_on ?? []).length) {
      return "depends_on names a task twice";
    }
    this.#tasks.set(event.task, "running");
    return this.#known(event.agent) ?? this.#known(event.created_by);
  }

  #step(event: EventOf<"step">): Verdict {
    if (event.step === this.#lastStep) return `step ${event.step} is there twice`;
    if (event.step < this.#lastStep) return `step ${event.step} comes after step ${this.#lastStep}`;
    this.#lastStep = event.step;
    return (
      this.#known(event.agent) ?? this.#running(event.task) ?? failureWithout(event.outcome, event.error)
    );
  }

  #message(event: EventOf<"message">): Verdict {
    const targets = [event.to, event.broadcast_to_type, event.channel].filter(
      (target) => target !== undefined,
    );
    if (targets.length !== 1) return "a message has exactly one of to, broadcast_to_type and channel";
    if (event.message !== undefined && this.#messages.has(event.message)) {
      return `message ${quoted(event.message)} is there twice`;
    }
    if (event.in_reply_to !== undefined && !this.#messages.has(event.in_reply_to)) {
      return `in_reply_to names message ${quoted(event.in_reply_to)}, which no line before has`;
    }
    if (event.channel !== undefined && !this.#channels.has(event.channel))
      return unknownChannel(event.channel);
    if (event.message !== undefined) this.#messages.add(event.message);
    return this.#known(event.from) ?? this.#known(event.to);
  }

  #channel(event: EventOf<"channel">): Verdict {
    if (this.#channels.has(event.channel)) return `channel ${quoted(event.channel)} is there twice`;
    this.#channels.add(event.channel);
    return undefined;
  }

  #subscribe(event: EventOf<"subscribe">): Verdict {
    if (!this.#channels.has(event.channel)) return unknownChannel(event.channel);
    const key = JSON.stringify([event.agent, event.channel, event.pattern]);
    if (this.#subscriptions.has(key)) return `agent ${quoted(event.agent)} has this subscription already`;
    this.#subscriptions.add(key);
    return this.#known(event.agent);
  }

  #outcome(event: EventOf<"outcome">): Verdict {
    const reason = this.#running(event.task);
    this.#tasks.set(event.task, "ended");
    return reason ?? failureWithout(event.status, event.error);
  }

  #known(agent: string | undefined): Verdict {
    if (agent === undefined || this.agents.has(agent)) return undefined;
    return `agent ${quoted(agent)} is not registered by a line before`;
  }

  #running(task: string): Verdict {
    const status = this.#tasks.get(task);
    if (status === "running") return undefined;
    return status === undefined ? unknownTask(task) : `task ${quoted(task)} has ended already`;
  }
}

function failureWithout(status: string, error: object | undefined): Verdict {
  return status === "failed" && error === undefined ? "what failed needs an error with a message" : undefined;
}

function unknownTask(task: string): string {
  return `task ${quoted(task)} is not started by a line before`;
}

function unknownChannel(channel: string): string {
  return `channel ${quoted(channel)} is not declared by a line before`;
}

function quoted(name: string): string {
  return JSON.stringify(name);
}
