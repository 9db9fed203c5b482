import { relative } from "node:path";
import type { SystemStatus } from "@mister-smith/embedded";
import type { Context } from "../context.ts";
import { hideSecrets } from "../output/hide-secrets.ts";

/** What is reported of one server. */
export interface ServerReport {
  readonly running: boolean;
  readonly version: string;
  readonly origin: string;
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dataFolder: string;
  readonly logFile: string;
}

/** What is reported of an embedded system. */
export interface SystemReport {
  readonly folder: string;
  readonly running: boolean;
  readonly since: string | null;
  readonly lifetime: "parent" | "detached" | null;
  readonly postgres: ServerReport | null;
  readonly nats: ServerReport | null;
}

/** The report of a system; passwords in its URLs are hidden unless secrets are to be shown. */
export function systemReport(status: SystemStatus, showSecrets: boolean): SystemReport {
  const { postgres, nats } = status;
  const server = (one: NonNullable<typeof postgres> | NonNullable<typeof nats>, dataFolder: string) => ({
    running: one.running,
    version: one.version.full,
    origin: one.origin,
    url: showSecrets ? one.url : hideSecrets(one.url),
    port: one.port,
    pid: one.pid,
    dataFolder,
    logFile: one.logFile,
  });
  return {
    folder: status.folder,
    running: status.running,
    since: status.since ?? null,
    lifetime: status.lifetime ?? null,
    postgres: postgres === undefined ? null : server(postgres, postgres.dataDir),
    nats: nats === undefined ? null : server(nats, nats.storeDir),
  };
}

/** Both servers for people: whether they run, where they listen, where their data and logs are. */
export function serverLines(report: SystemReport, context: Context): string[] {
  return [
    ...linesOf("PostgreSQL", report.postgres, context),
    ...linesOf("nats-server", report.nats, context),
  ];
}

function linesOf(name: string, server: ServerReport | null, { colours, cwd }: Context): string[] {
  if (server === null) return [];
  const state = server.running ? colours.green("running") : colours.red("stopped");
  const near = (path: string) => {
    const short = relative(cwd, path);
    return short.startsWith("..") ? path : short;
  };
  return [
    `${colours.bold(name)} ${server.version} (${server.origin})  ${state}${server.running ? `, process ${server.pid}` : ""}`,
    `  url   ${server.url}`,
    `  data  ${near(server.dataFolder)}`,
    `  log   ${near(server.logFile)}`,
  ];
}
