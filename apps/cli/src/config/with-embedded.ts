import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { EffectiveConfig } from "./effective-config.ts";

/** The configuration with the URLs of the embedded system, where it runs and none is given. */
export async function withEmbedded(config: EffectiveConfig, cwd: string): Promise<EffectiveConfig> {
  const { database, nats, embedded } = config.values;
  const folder = resolve(cwd, embedded.folder);
  // Loading the embedded package costs time that a command with both URLs need not spend.
  if ((database.url !== undefined && nats.url !== undefined) || !existsSync(folder)) return config;
  const { readSystem } = await import("@mister-smith/embedded");
  const system = await readSystem(folder);
  const running = {
    "database.url": system.postgres?.running === true ? system.postgres.url : undefined,
    "nats.url": system.nats?.running === true ? system.nats.url : undefined,
  };
  return {
    ...config,
    values: {
      ...config.values,
      database: { ...database, url: database.url ?? running["database.url"] },
      nats: { ...nats, url: nats.url ?? running["nats.url"] },
    },
    entries: config.entries.map((entry) => {
      const url =
        entry.path === "database.url" || entry.path === "nats.url" ? running[entry.path] : undefined;
      if (url === undefined || entry.value !== undefined) return entry;
      return { ...entry, value: url, origin: { kind: "embedded", folder } };
    }),
  };
}
