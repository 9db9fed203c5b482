/** How much of a table changes, and how it is vacuumed. */
export interface TableChurn {
  readonly schema: string;
  readonly table: string;
  /** As estimated. */
  readonly rows: number;
  /** Of the table alone, without its indexes. */
  readonly bytes: number;
  readonly deadRows: number;
  /** Over how long the changes below were counted, in milliseconds. */
  readonly overMs: number;
  readonly inserted: number;
  readonly updated: number;
  /** Of the updated rows: those whose new version went to another page for want of room; null before PostgreSQL 16. */
  readonly movedForRoom: number | null;
  readonly deleted: number;
  /** With more dead rows, autovacuum comes. */
  readonly deadRowsTrigger: number;
  /** With more rows inserted since, autovacuum comes too. */
  readonly insertedTrigger: number;
  /** How often it was vacuumed since the server counts. */
  readonly vacuums: number;
  readonly isAutovacuumOn: boolean;
  readonly fillfactor: number;
  /** The storage parameters that are set. */
  readonly parameters: Readonly<Record<string, string>>;
}
