import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase, type Database } from "@mister-smith/client";
import { type EmbeddedNats, type EmbeddedPostgres, startNats, startPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { connectNats, type NatsLink } from "@mister-smith/sync";
import { freePort } from "./free-port.ts";
import { type SmithdProcess, smithdProcess } from "./smithd-process.ts";

/** How long a lease lasts in the world of chaos, in milliseconds: short, so that a frozen leader is soon replaced. */
export const leaseTtlMs = 1_500;

/** Servers and daemons that may be treated badly, and connections of those who watch. */
export interface World extends AsyncDisposable {
  readonly postgres: EmbeddedPostgres;
  readonly nats: EmbeddedNats;
  readonly daemons: readonly SmithdProcess[];
  readonly database: Database;
  readonly link: NatsLink;
  /** Where the logs are; removed at the end, unless told to keep them. */
  readonly folder: string;
  keepFolder(): void;
}

/** Starts PostgreSQL, nats-server and two daemons in a temporary folder. */
export async function openWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "smith-chaos-"));
  await using made = new AsyncDisposableStack();
  let keep = false;
  made.defer(async () => {
    if (!keep) await rm(folder, { recursive: true, force: true });
  });
  const postgres = made.use(await startPostgres({ database: "chaos" }));
  const nats = made.use(await startNats());
  await migrateUp({ connection: postgres.url, folder: migrationsFolder() });
  const database = made.use(
    await createDatabase({
      primary: { url: postgres.url, min: 0, max: 8 },
      monitor: { intervalMs: 200, timeoutMs: 1_000 },
    }),
  );
  const link = made.use(await connectNats({ servers: nats.url, name: "chaos", timeoutMs: 2_000 }));
  const environment = {
    SMITH_DATABASE_URL: postgres.url,
    SMITH_NATS_URL: nats.url,
    SMITH_DAEMON_LEASE_TTL_MS: String(leaseTtlMs),
    SMITH_DAEMON_DRAIN_TIMEOUT_MS: "5000",
  };
  const daemons: SmithdProcess[] = [];
  for (const name of ["smithd-1", "smithd-2"])
    daemons.push(made.use(smithdProcess(name, folder, await freePort(), environment)));
  for (const daemon of daemons) await daemon.start();
  await Promise.all(daemons.map((daemon) => daemon.ready(30_000)));
  const owned = made.move();
  return {
    postgres,
    nats,
    daemons,
    database,
    link,
    folder,
    keepFolder: () => {
      keep = true;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
