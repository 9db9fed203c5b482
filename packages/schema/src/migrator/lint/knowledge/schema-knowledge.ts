import type { ColumnType } from "../tree/column-type.ts";

/** A constraint of a table; with a CHECK of the form `column IS NOT NULL` SET NOT NULL need not read the table. */
export interface KnownCheck {
  readonly name: string;
  /** Columns that the check proves to be filled. */
  readonly notNull: readonly string[];
  /** Whether it is a CHECK. */
  readonly check: boolean;
  validated: boolean;
}

/** What the linter knows of a table from the statements before. */
export interface KnownTable {
  /** File of the statement that created it. */
  readonly createdIn: string;
  readonly partitioned: boolean;
  readonly columns: Map<string, ColumnType>;
  readonly checks: Map<string, KnownCheck>;
  /** Names of its primary key and UNIQUE constraints, as far as they are written. */
  readonly keys: Set<string>;
}

/**
 * What all statements before the one that is looked at have created. Names are as written; a name without
 * schema finds a table of any schema, since the linter does not know the search path.
 */
export class SchemaKnowledge {
  readonly tables = new Map<string, KnownTable>();
  /** Other objects (views, functions, types, schemas, indexes) by name, with the file that created them. */
  readonly objects = new Map<string, string>();
  /** Volatility of the functions that files define, by name without schema. */
  readonly functions = new Map<string, string>();
  /** Domains that carry a constraint, by name. */
  readonly constrainedDomains = new Set<string>();
  /** Tables for which a policy was created, by the name that {@link SchemaKnowledge.keyOf} gives. */
  readonly withPolicy = new Set<string>();
  /** Names of the constraints that the current file added NOT VALID, as `table.constraint`. */
  readonly notValidInFile = new Set<string>();
  /** Labels that the current file added to a type that was there before. */
  readonly labelsInFile = new Set<string>();

  /** Forgets what counts only within one file. */
  startFile(): void {
    this.notValidInFile.clear();
    this.labelsInFile.clear();
  }

  /** The table, also when only one of both names carries the schema. */
  table(name: string): KnownTable | undefined {
    return this.tables.get(this.keyOf(name));
  }

  /** The name under which a table is known, or the name itself. */
  keyOf(name: string): string {
    if (this.tables.has(name)) return name;
    const bare = name.slice(name.lastIndexOf(".") + 1);
    if (name !== bare) return this.tables.has(bare) ? bare : name;
    return [...this.tables.keys()].find((key) => key.endsWith(`.${bare}`)) ?? name;
  }

  /** Whether a table was created by `file` itself, so that nobody can be using it. */
  isNewTable(name: string, file: string): boolean {
    return this.table(name)?.createdIn === file;
  }
}
