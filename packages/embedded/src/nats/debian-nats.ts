import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { alreadyCached, cached } from "../cache-folder.ts";
import { runProgram } from "../process/run-program.ts";
import { type FoundNats, inspectNats } from "./found-nats.ts";

/** A slow mirror is given up after a minute; the demonstration must not wait for it any longer. */
const downloadTimeoutMs = 60_000;

const folderName = `nats-server-debian-${process.arch}`;

/**
 * The nats-server of Debian's or Ubuntu's own package, fetched and unpacked into the cache without changing the
 * system: this needs no root. Undefined where there is no apt, or it cannot be had.
 */
export async function debianNats(): Promise<FoundNats | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    return await inspectUnpacked(await cached(folderName, fill));
  } catch {
    // Not on Debian, no network, no such package: the caller says how else to get the program.
    return undefined;
  }
}

/** The same where it was unpacked before; nothing is fetched or written. */
export async function unpackedDebianNats(): Promise<FoundNats | undefined> {
  const folder = alreadyCached(folderName);
  return folder === undefined ? undefined : inspectUnpacked(folder);
}

function inspectUnpacked(folder: string): Promise<FoundNats | undefined> {
  return inspectNats(join(folder, "usr", "sbin", "nats-server"), "debian package");
}

async function fill(folder: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), "mister-smith-apt-"));
  try {
    const package_ = (await download(work, [])) ?? (await download(work, await freshLists(work)));
    await run("dpkg-deb", ["-x", package_ ?? join(work, "missing.deb"), folder], folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(work: string, options: readonly string[]): Promise<string | undefined> {
  await run("apt-get", [...quick, ...options, "download", "nats-server"], work).catch(() => {});
  const file = (await readdir(work)).find((name) => name.endsWith(".deb"));
  return file === undefined ? undefined : join(work, file);
}

/** Slim images come without package lists: get them into folders of our own. */
async function freshLists(work: string): Promise<string[]> {
  await mkdir(join(work, "state", "lists", "partial"), { recursive: true });
  await mkdir(join(work, "cache", "archives", "partial"), { recursive: true });
  const options = [
    ...["-o", `Dir::State=${join(work, "state")}`],
    ...["-o", `Dir::Cache=${join(work, "cache")}`],
    ...["-o", "Dir::State::status=/var/lib/dpkg/status"],
  ];
  await run("apt-get", [...quick, ...options, "update"], work);
  return options;
}

const quick = [
  ...[
    "-q",
    "-o",
    "Acquire::http::Timeout=15",
    "-o",
    "Acquire::https::Timeout=15",
    "-o",
    "Acquire::Retries=1",
  ],
  // As root apt drops to a user that cannot enter our folders.
  ...(process.getuid?.() === 0 ? ["-o", "APT::Sandbox::User=root"] : []),
];

async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const result = await runProgram(program, args, { timeoutMs: downloadTimeoutMs, cwd });
  if (result.exitCode !== 0)
    throw new SmithError("PACKAGE_NOT_FETCHED", `${program} failed: ${result.stderr}`);
}
