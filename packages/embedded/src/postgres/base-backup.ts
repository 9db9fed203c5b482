import { appendFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { handOver } from "../data-folder.ts";
import { lastLines } from "../process/log-file.ts";
import { runProgram } from "../process/run-program.ts";
import { connect } from "./connect.ts";
import { copyClusterFiles } from "./copy-cluster-files.ts";
import { serverEnvironment } from "./init-cluster.ts";
import { maintenanceUrl } from "./postgres-url.ts";
import type { PreparedPlace } from "./prepare-folder.ts";
import { beginBackup, createSlot, endBackup } from "./sql/replication.ts";

/** The server to copy, as the copy will reach it. */
export interface BackupSource {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly dataDir: string;
  readonly binDir: string;
  readonly programs: readonly string[];
}

/** Copies the server into the empty folder as a standby that follows it through `slot`. */
export async function takeBaseBackup(
  source: BackupSource,
  place: PreparedPlace,
  slot: string,
): Promise<void> {
  if (source.programs.includes("pg_basebackup")) await byProgram(source, place, slot);
  else await byFileCopy(source, place, slot);
  // The log of the source is not the log of the copy.
  await rm(join(place.dataDir, "log"), { recursive: true, force: true });
}

async function byProgram(source: BackupSource, place: PreparedPlace, slot: string): Promise<void> {
  const args = [
    ...[
      "-D",
      place.dataDir,
      "-h",
      source.host,
      "-p",
      String(source.port),
      "-U",
      source.user,
      "--no-password",
    ],
    ...[
      "--wal-method=stream",
      "--checkpoint=fast",
      "--write-recovery-conf",
      "--create-slot",
      `--slot=${slot}`,
    ],
  ];
  const result = await runProgram(join(source.binDir, "pg_basebackup"), args, {
    timeoutMs: 600_000,
    user: place.osUser,
    env: { ...serverEnvironment(), PGAPPNAME: slot, PGCONNECT_TIMEOUT: "10", PGPASSWORD: passwordOf(source) },
  });
  if (result.exitCode === 0) return;
  throw new SmithError(
    "BASE_BACKUP_FAILED",
    `cannot copy the server on port ${source.port}: ${lastLines(result.stderr)}`,
    {
      hint: "The lines above are pg_basebackup's own; mend what they name and start the replica again.",
      details: { port: source.port, dataDir: place.dataDir },
    },
  );
}

/** For servers without client tools. The session must stay open from begin to end. */
async function byFileCopy(source: BackupSource, place: PreparedPlace, slot: string): Promise<void> {
  await using session = await connect(maintenanceUrl(source));
  await session.rows(createSlot(slot));
  await session.rows(beginBackup(slot));
  await copyClusterFiles(source.dataDir, place.dataDir);
  const [end] = await session.rows(endBackup());
  if (end === undefined || end.tablespaces.trim() !== "") throw tablespaces(source);
  await writeFile(join(place.dataDir, "backup_label"), end.label, { mode: 0o600 });
  await writeFile(join(place.dataDir, "standby.signal"), "", { mode: 0o600 });
  const secret = passwordOf(source);
  const target =
    `host=${source.host} port=${source.port} user=${source.user} application_name=${slot}` +
    (secret === "" ? "" : ` password=${secret}`);
  await appendFile(
    join(place.dataDir, "postgresql.auto.conf"),
    `primary_conninfo = '${target}'\nprimary_slot_name = '${slot}'\n`,
  );
  await handOver(place.dataDir, place.osUser);
}

function tablespaces({ dataDir }: BackupSource): SmithError {
  return new SmithError(
    "TABLESPACES_NOT_SUPPORTED",
    `the server on ${dataDir} has tablespaces outside of its folder`,
    {
      hint: "Use a PostgreSQL installation that has pg_basebackup: name its folder in SMITH_PG_BIN.",
      details: { dataDir },
    },
  );
}

function passwordOf({ url }: BackupSource): string {
  return decodeURIComponent(new URL(url).password);
}
