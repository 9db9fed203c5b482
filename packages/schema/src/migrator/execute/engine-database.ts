import { SmithError } from "@mister-smith/errors";
import type { EngineDatabase } from "./tracked-migration.ts";

/**
 * The database as node-pg-migrate sees it: a place to send one step after the other. Nothing else of its
 * interface is used by migrations that consist of plain SQL.
 */
export function engineDatabase(runStep: (text: string) => Promise<void>): EngineDatabase {
  const refuse = () =>
    Promise.reject(new SmithError("MIGRATOR_FAULT", "a SQL migration reads nothing through the engine"));
  const query = async (step: unknown) => {
    await runStep(String(step));
    return { command: "", rowCount: null, oid: 0, fields: [], rows: [] };
  };
  return {
    createConnection: () => Promise.resolve(),
    query,
    select: refuse,
    column: refuse,
    connected: () => true,
    addBeforeCloseListener: () => 0,
    close: () => Promise.resolve(),
  };
}
