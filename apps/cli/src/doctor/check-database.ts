import { performance } from "node:perf_hooks";
import { isSmithError } from "@mister-smith/errors";
import type { Context } from "../context.ts";
import { withDatabase } from "../database/with-database.ts";
import { hideSecrets } from "../output/hide-secrets.ts";
import { selectExtensions, selectServer, selectSettings } from "../sql/server.ts";
import type { Check } from "./check.ts";
import { checkExtensions } from "./check-extensions.ts";
import { checkSettings, settingNames } from "./check-settings.ts";

const oldestVersionNumber = 150_000;

/** Whether PostgreSQL answers, which it is, and how it is equipped and set. */
export async function checkDatabase(context: Context): Promise<Check[]> {
  try {
    return await withDatabase(context, "look at the database", async ({ write }) => {
      await write.one(selectServer);
      // The first statement also pays for the connection: the second one shows the way there and back.
      const started = performance.now();
      const server = await write.one(selectServer);
      const latencyMs = performance.now() - started;
      const extensions = await write.any(selectExtensions);
      const settings = await write.any(selectSettings(settingNames));
      const where = `${server.database} as ${server.role}, ${latencyMs.toFixed(1)} ms`;
      return [
        connection(`PostgreSQL ${server.version}, ${where}`, server.version_number),
        ...checkExtensions(extensions, Math.floor(server.version_number / 10_000)),
        ...checkSettings(settings),
      ];
    });
  } catch (error) {
    if (!isSmithError(error)) throw error;
    return [unreachable(hideSecrets(error.message), error.hint)];
  }
}

const reach = { area: "postgresql", name: "connection", needed: true } as const;

function connection(found: string, versionNumber: number): Check {
  if (versionNumber >= oldestVersionNumber) return { ...reach, state: "ok", found };
  return {
    ...reach,
    state: "missing",
    found: `${found}: too old`,
    gives: "a place for the data; PostgreSQL 15 or newer is needed",
    remedy: "Use a server of PostgreSQL 15 or newer.",
  };
}

function unreachable(found: string, hint: string | undefined): Check {
  return {
    ...reach,
    state: "missing",
    found,
    gives: "a place for the data",
    remedy: hint ?? "Start it, or correct SMITH_DATABASE_URL; `smith up` starts one here.",
  };
}
