import type { JsonValue } from "../json-value.ts";
import type { Beat, Row, Write } from "./plan.ts";
import { stableId } from "./stable-id.ts";
import type { Column, Owner, TableName } from "./tables.ts";

/** A row of one table: only its columns may be named, and those that are undefined are NULL. */
export type RowOf<Table extends TableName> = Readonly<Partial<Record<Column<Table>, JsonValue | undefined>>>;

/** What is known of a task that has been started. */
export interface KnownTask {
  readonly id: string;
  readonly type: string;
  readonly executionId: string;
  readonly startedAt: string;
}

/** What is known of an agent that has been registered. */
export interface KnownAgent {
  readonly id: string;
  readonly metadata: Record<string, JsonValue>;
  status: string;
  readonly state: Map<
    string,
    { readonly value: JsonValue; readonly version: number; readonly createdAt: string }
  >;
}

/**
 * Collects what a run does to the database, event by event, and remembers what later events refer to.
 * The functions beside this file, one for each type of event, call it.
 */
export class RunPlanner {
  readonly key: string;
  readonly #startsAtMs: number;
  readonly #beats: Beat[] = [];
  readonly #agents = new Map<string, KnownAgent>();
  readonly #tasks = new Map<string, KnownTask>();
  readonly #channels = new Map<string, string>();
  readonly #correlations = new Map<string, string>();
  readonly #owners: Record<Owner, string[]> = { agent: [], task: [], channel: [] };
  #writes: Write[] = [];

  constructor(key: string, startsAtMs: number) {
    this.key = key;
    this.#startsAtMs = startsAtMs;
  }

  /** An id of this run: the same at every replay of it. */
  id(...parts: readonly (string | number)[]): string {
    return stableId(this.key, ...parts);
  }

  /** A moment of the run, as ISO 8601. */
  time(offsetMs: number): string {
    return new Date(this.#startsAtMs + offsetMs).toISOString();
  }

  insert<Table extends TableName>(table: Table, row: RowOf<Table>): void {
    this.#writes.push({ kind: "insert", table, row: withoutNulls(row) });
  }

  update<Table extends TableName>(table: Table, key: RowOf<Table>, set: RowOf<Table>): void {
    this.#writes.push({ kind: "update", table, key: withoutNulls(key), set: withoutNulls(set) });
  }

  putState(agent: string, key: string, value: JsonValue, at: string, expiresAt?: string): void {
    const { id, state } = this.agent(agent);
    const before = state.get(key);
    const version = (before?.version ?? 0) + 1;
    const createdAt = before?.createdAt ?? at;
    state.set(key, { value, version, createdAt });
    const row: RowOf<"agents.state"> = {
      agent_id: id,
      state_key: key,
      state_value: value,
      version,
      created_at: createdAt,
      expires_at: expiresAt,
    };
    this.#writes.push({ kind: "put-state", row: withoutNulls(row) });
  }

  /** Ends the event that the writes since the last call belong to. */
  endEvent(step?: number): void {
    this.#beats.push({ step, writes: this.#writes });
    this.#writes = [];
  }

  addAgent(name: string, agent: KnownAgent): void {
    this.#agents.set(name, agent);
    this.#owners.agent.push(agent.id);
  }

  addTask(name: string, task: KnownTask): void {
    this.#tasks.set(name, task);
    this.#owners.task.push(task.id);
  }

  addChannel(name: string, id: string): void {
    this.#channels.set(name, id);
    this.#owners.channel.push(id);
  }

  /** The conversation that a message belongs to: that of the message it answers, else its own. */
  correlate(message: string | undefined, id: string, inReplyTo: string | undefined): string {
    const correlation = (inReplyTo === undefined ? undefined : this.#correlations.get(inReplyTo)) ?? id;
    if (message !== undefined) this.#correlations.set(message, correlation);
    return correlation;
  }

  agent(name: string): KnownAgent {
    return known(this.#agents, name);
  }

  agents(): readonly KnownAgent[] {
    return [...this.#agents.values()];
  }

  task(name: string): KnownTask {
    return known(this.#tasks, name);
  }

  channel(name: string): string | undefined {
    return this.#channels.get(name);
  }

  get beats(): readonly Beat[] {
    return this.#beats;
  }

  get owners(): Readonly<Record<Owner, readonly string[]>> {
    return this.#owners;
  }
}

function withoutNulls(row: Readonly<Record<string, JsonValue | undefined>>): Row {
  const filled: Record<string, JsonValue> = {};
  for (const [column, value] of Object.entries(row)) if (value !== undefined) filled[column] = value;
  return filled;
}

// Events are checked before they are planned, so a name that is not known here is a fault of this program.
function known<Value>(map: ReadonlyMap<string, Value>, name: string): Value {
  const value = map.get(name);
  if (value === undefined) throw new TypeError(`${name} was planned before it was known`);
  return value;
}
