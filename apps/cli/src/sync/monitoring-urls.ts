import { resolve } from "node:path";
import type { Context } from "../context.ts";

/** The monitoring pages of the servers: those that are configured, else that of the embedded one where it is used. */
export async function monitoringUrlsOf(context: Context): Promise<readonly string[]> {
  const { values, entries } = await context.config();
  if (values.sync.monitoringUrls.length > 0) return values.sync.monitoringUrls;
  const origin = entries.find(({ path }) => path === "nats.url")?.origin;
  if (origin?.kind !== "embedded") return [];
  const { readSystem } = await import("@mister-smith/embedded");
  const { nats } = await readSystem(resolve(context.cwd, origin.folder));
  return nats?.running === true ? [nats.monitoringUrl] : [];
}
