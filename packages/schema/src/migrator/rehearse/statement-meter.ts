import type { QueryResult } from "pg";
import type { MigratorSession } from "../session/migrator-session.ts";
import type { SqlStatement } from "../statements/sql-statement.ts";
import { isStronger, lockModeName, lockStrength } from "./lock-mode.ts";
import type { RehearsedStatement, RelationLock, RewrittenRelation } from "./rehearse-result.ts";
import { type RelationState, selectOwnLocks, selectRelations } from "./sql/relations.ts";

type Relations = ReadonlyMap<number, RelationState>;
/** By relation, every mode that is held. */
type Locks = ReadonlyMap<number, ReadonlySet<string>>;

const counted: ReadonlySet<string> = new Set(["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"]);

/** Runs statements in the open transaction and sees what each of them locks and writes anew. */
export class StatementMeter {
  readonly #session: MigratorSession;
  /** What was there before the rehearsal. */
  readonly #existed: ReadonlySet<number>;
  #relations: Relations;
  #locks: Locks = new Map();

  private constructor(session: MigratorSession, relations: Relations) {
    this.#session = session;
    this.#relations = relations;
    this.#existed = new Set(relations.keys());
  }

  static async start(session: MigratorSession): Promise<StatementMeter> {
    return new StatementMeter(session, await readRelations(session));
  }

  /** @throws what the driver throws when the statement fails */
  async run(statement: SqlStatement): Promise<RehearsedStatement> {
    const started = performance.now();
    const result: QueryResult = await this.#session.client.query(statement.text);
    const durationMs = performance.now() - started;
    const { line, tag, text } = statement;
    const rows = counted.has(tag) ? result.rowCount : null;
    return { line, tag, text: firstWords(text), durationMs, rows, ...(await this.look()) };
  }

  /** What has changed since the last look. */
  async look(): Promise<{ locks: readonly RelationLock[]; rewritten: readonly RewrittenRelation[] }> {
    const locks = await readLocks(this.#session);
    const relations = await readRelations(this.#session);
    const found = {
      locks: this.#newLocks(locks, relations),
      rewritten: rewritten(this.#relations, relations),
    };
    this.#locks = locks;
    this.#relations = relations;
    return found;
  }

  #newLocks(locks: Locks, relations: Relations): readonly RelationLock[] {
    return [...locks]
      .map(([oid, modes]) => [oid, strongestOf(modes, this.#locks.get(oid))] as const)
      .flatMap(([oid, mode]) => {
        if (mode === undefined) return [];
        // A relation that the statement dropped has its name only in the state before. Without one it is the server's.
        const relation = (relations.get(oid) ?? this.#relations.get(oid))?.name;
        return relation === undefined
          ? []
          : [{ relation, mode: lockModeName(mode), existed: this.#existed.has(oid) }];
      })
      .sort((a, b) => (a.relation < b.relation ? -1 : 1));
  }
}

/** The strongest of a file's locks on each relation that was there before the rehearsal. */
export function strongestLocks(statements: readonly RehearsedStatement[]): readonly RelationLock[] {
  const strongest = new Map<string, RelationLock>();
  for (const lock of statements.flatMap(({ locks }) => locks)) {
    const known = strongest.get(lock.relation);
    if (known === undefined || isStronger(lock.mode, known.mode)) strongest.set(lock.relation, lock);
  }
  return [...strongest.values()]
    .filter((lock) => lock.existed)
    .sort((a, b) => (a.relation < b.relation ? -1 : 1));
}

async function readRelations(session: MigratorSession): Promise<Relations> {
  return new Map((await session.any(selectRelations)).map((relation) => [relation.oid, relation]));
}

async function readLocks(session: MigratorSession): Promise<Locks> {
  const held = new Map<number, Set<string>>();
  for (const { oid, mode } of await session.any(selectOwnLocks)) {
    held.set(oid, (held.get(oid) ?? new Set()).add(mode));
  }
  return held;
}

/** The strongest of the modes that were not held before. */
function strongestOf(
  modes: ReadonlySet<string>,
  before: ReadonlySet<string> = new Set(),
): string | undefined {
  return [...modes].filter((mode) => !before.has(mode)).sort((a, b) => lockStrength(b) - lockStrength(a))[0];
}

function rewritten(before: Relations, after: Relations): readonly RewrittenRelation[] {
  return [...after.values()]
    .filter(({ oid, file }) => file !== 0 && (before.get(oid)?.file ?? file) !== file)
    .map(({ oid, name, kind }) => ({ relation: name, kind, bytes: before.get(oid)?.bytes ?? 0 }))
    .sort((a, b) => (a.relation < b.relation ? -1 : 1));
}

function firstWords(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
