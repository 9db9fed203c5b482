import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { waitUntil } from "../process/wait-until.ts";
import { type ServerHost, serverHost } from "../server-host.ts";
import { takeBaseBackup } from "./base-backup.ts";
import { connect } from "./connect.ts";
import { assertNotInUse, assertUsableForNewCluster, dataFolderMajor } from "./data-folder-state.ts";
import type { EmbeddedPostgres, EmbeddedReplica, StartReplicaOptions } from "./embedded-postgres.ts";
import { choosePort, PostgresServer, type PostgresServerPlan } from "./postgres-server.ts";
import { maintenanceUrl } from "./postgres-url.ts";
import { type PreparedPlace, prepareFolder, removeTemporaryRoot } from "./prepare-folder.ts";
import { dropIdleSlot, promote } from "./sql/replication.ts";
import type { StartPostgresOptions } from "./start-postgres-options.ts";

const promoteTimeoutMs = 60_000;

/** Starts a standby of `primary`; on a folder that holds one already it goes on from there. */
export async function startReplica(
  primary: EmbeddedPostgres,
  primaryOptions: StartPostgresOptions,
  replicaOptions: StartReplicaOptions,
): Promise<EmbeddedReplica> {
  const options = optionsOfReplica(primaryOptions, replicaOptions);
  const host = serverHost(options.lifetime ?? "parent");
  const place = await prepareFolder(options, host);
  const slot = await followPrimary(primary, place, host);
  const { binDir, programs, version, origin } = primary;
  const cluster = { ...place, postgres: { binDir, programs, version, origin } };
  const port = await choosePort(options.port);
  const replica = new ReplicaServer({ options, cluster, host, port, startReplica }, primary, slot);
  await replica.startOrDiscard();
  return replica;
}

class ReplicaServer extends PostgresServer implements EmbeddedReplica {
  readonly slot: string;
  readonly #primary: EmbeddedPostgres;
  readonly #isTemporary: boolean;

  constructor(plan: PostgresServerPlan, primary: EmbeddedPostgres, slot: string) {
    super(plan);
    this.slot = slot;
    this.#primary = primary;
    this.#isTemporary = plan.cluster.temporaryRoot !== undefined;
  }

  async promote(): Promise<void> {
    await using connection = await connect(maintenanceUrl(this));
    const [row] = await connection.rows(promote(promoteTimeoutMs / 1_000));
    if (row?.promoted === true) return;
    throw new SmithError(
      "NOT_PROMOTED",
      `the replica on port ${this.port} takes no writes after ${promoteTimeoutMs} ms`,
      {
        hint: `Its log says why: ${this.logFile}.`,
        details: { port: this.port },
      },
    );
  }

  /** A slot that nobody will ever use again would fill the primary's disk. */
  protected override async afterStop(): Promise<void> {
    if (this.#isTemporary && this.#primary.pid !== 0)
      await dropSlot(this.#primary, this.slot).catch(() => {});
  }
}

/** Copies the primary unless the folder holds a copy already; resolves with the slot. */
async function followPrimary(
  primary: EmbeddedPostgres,
  place: PreparedPlace,
  host: ServerHost,
): Promise<string> {
  const { dataDir } = place;
  try {
    if ((await dataFolderMajor(dataDir)) !== undefined) {
      await assertNotInUse(dataDir);
      return await slotOf(dataDir);
    }
    await assertUsableForNewCluster(dataDir);
    const slot = `smith_replica_${randomUUID().slice(0, 8)}`;
    await takeBaseBackup(primary, place, slot).catch(async (error: unknown) => {
      await dropSlot(primary, slot).catch(() => {});
      throw error;
    });
    return slot;
  } catch (error) {
    await removeTemporaryRoot(place, host);
    throw error;
  }
}

/** What holds on the primary must hold here: a standby refuses to start with fewer connections, for example. */
function optionsOfReplica(primary: StartPostgresOptions, replica: StartReplicaOptions): StartPostgresOptions {
  const { dataDir: _dataDir, port: _port, logFile: _logFile, walArchiving: _archiving, ...shared } = primary;
  // The database comes with the copy; a standby could not make it.
  return { ...shared, ...replica, settings: { ...primary.settings, ...replica.settings } };
}

async function slotOf(dataDir: string): Promise<string> {
  const text = await readFile(join(dataDir, "postgresql.auto.conf"), "utf8");
  const slot = [...text.matchAll(/^primary_slot_name = '([^']*)'/gm)].at(-1)?.[1];
  if (slot !== undefined) return slot;
  throw new SmithError("NOT_A_REPLICA", `the data folder ${dataDir} holds a server that follows no other`, {
    hint: "Name an empty folder for the replica, or start this one by itself.",
    details: { dataDir },
  });
}

async function dropSlot(primary: EmbeddedPostgres, slot: string): Promise<void> {
  await using connection = await connect(maintenanceUrl(primary));
  // The primary takes notice of the end of the replica a moment later.
  await waitUntil(
    async () => {
      const [row] = await connection.rows(dropIdleSlot(slot));
      return row?.active !== true;
    },
    { timeoutMs: 5_000, everyMs: 50 },
  );
}
