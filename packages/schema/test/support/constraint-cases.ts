/** An attempt to write what the schema forbids, and what must stop it. */
export interface Attempt {
  readonly title: string;
  readonly sql: string;
  /** The constraint that refuses it, as `schema.table.constraint`; for NOT NULL the column in its place. */
  readonly refusedBy: string;
  /** Default: a CHECK. */
  readonly as?: "check" | "not-null" | "unique" | "foreign-key";
}

/** Rows that the attempts build on. Identifiers end in a digit that tells them apart. */
export const fixtures = `
  INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES
    ('00000000-0000-4000-8000-0000000000a1', 'coder', 'Ada'),
    ('00000000-0000-4000-8000-0000000000a2', 'tester', 'Bob');
  INSERT INTO tasks.queue (task_id, task_type) VALUES
    ('00000000-0000-4000-8000-0000000000b1', 'build'),
    ('00000000-0000-4000-8000-0000000000b2', 'test');
  INSERT INTO messages.channels (channel_id, channel_name, channel_type) VALUES
    ('00000000-0000-4000-8000-0000000000c1', 'one', 'direct'),
    ('00000000-0000-4000-8000-0000000000c2', 'all', 'broadcast'),
    ('00000000-0000-4000-8000-0000000000c3', 'news', 'topic'),
    ('00000000-0000-4000-8000-0000000000c4', 'work', 'queue');
  INSERT INTO knowledge.facts (fact_id, entity_type, entity_id, predicate, object_value, object_type) VALUES
    ('00000000-0000-4000-8000-0000000000d1', 'repository', 'x', 'is', '"big"', 'text');`;

export const ada = "'00000000-0000-4000-8000-0000000000a1'";
export const bob = "'00000000-0000-4000-8000-0000000000a2'";
export const build = "'00000000-0000-4000-8000-0000000000b1'";
export const test = "'00000000-0000-4000-8000-0000000000b2'";
export const direct = "'00000000-0000-4000-8000-0000000000c1'";
export const broadcast = "'00000000-0000-4000-8000-0000000000c2'";
export const topic = "'00000000-0000-4000-8000-0000000000c3'";
export const queue = "'00000000-0000-4000-8000-0000000000c4'";
export const fact = "'00000000-0000-4000-8000-0000000000d1'";
export const nobody = "'00000000-0000-4000-8000-0000000000ff'";
export const tokenHash = `'sha256:${"0".repeat(64)}'`;

/** An INSERT of one row with the values given as SQL. */
export function insert(table: string, values: Readonly<Record<string, string>>): string {
  return `INSERT INTO ${table} (${Object.keys(values).join(", ")}) VALUES (${Object.values(values).join(", ")})`;
}
