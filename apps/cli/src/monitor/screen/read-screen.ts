import type { Database } from "@mister-smith/client";
import { isSmithError } from "@mister-smith/errors";
import { listAlerts, type Monitor, type SlowStatement } from "@mister-smith/monitoring";
import type { Context } from "../../context.ts";
import { hideSecrets } from "../../output/hide-secrets.ts";
import { selectServer } from "../../sql/server.ts";
import { readStatusOn } from "../../sync/read-status.ts";
import type { ScreenData } from "./screen-data.ts";
import { slowestSince } from "./slowest-since.ts";

/** Reads one frame after the other. */
export interface ScreenReader {
  /** Never throws but for an abort: what cannot be read is null, and why is said. */
  next(): Promise<ScreenData>;
}

/** Statements that are looked at; those beyond took less time in all than each of them. */
const mostStatements = 500;

/** Reads frames of the live screen; each tells of statements since the one before. */
export function screenReader(context: Context, database: Database, monitor: Monitor): ScreenReader {
  let before: readonly SlowStatement[] | null = null;
  return {
    async next() {
      const problems: string[] = [];
      const attempt = async <Value>(what: string, read: () => Promise<Value>): Promise<Value | null> => {
        try {
          return await read();
        } catch (error) {
          context.signal.throwIfAborted();
          if (!isSmithError(error)) throw error;
          problems.push(`${what}: ${hideSecrets(error.message)}`);
          return null;
        }
      };
      const at = new Date();
      const server = await attempt("server", () => database.write.one(selectServer, { timeoutMs: 3_000 }));
      // Nothing else would answer, and each would take its time.
      if (server === null) return { ...nothing, at, problems };
      const snapshot = await monitor.look();
      const checks = await attempt("thresholds", () => monitor.check());
      const alerts = await attempt("alerts", () => listAlerts(database.write));
      const slow = await attempt("statements", () =>
        monitor.slowStatements({ by: "total", limit: mostStatements }),
      );
      const slowest = slow === null ? null : slowestSince(before, slow);
      before = slow;
      const sync = await attempt("sync", () => readStatusOn(context, database));
      return {
        at,
        server,
        snapshot,
        checks,
        alerts: alerts?.filter(({ state }) => state !== "ok") ?? null,
        slowest,
        sync,
        problems,
      };
    },
  };
}

const nothing = {
  server: null,
  snapshot: null,
  checks: null,
  alerts: null,
  slowest: null,
  sync: null,
} as const;
