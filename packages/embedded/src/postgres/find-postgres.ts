import { SmithError } from "@mister-smith/errors";
import { postgresAdvice } from "../install-advice.ts";
import { type FoundPostgres, inspectPostgres } from "./found-postgres.ts";
import { installedPostgres } from "./installed-postgres.ts";
import { npmPostgres, npmPostgresAsItIs } from "./npm-postgres.ts";

/** The oldest PostgreSQL that Mister Smith supports. */
export const oldestPostgresMajor = 15;

/** Which PostgreSQL is wanted. */
export interface FindPostgresOptions {
  /** The folder of the programs; nothing else is looked at then. Default: `SMITH_PG_BIN`. */
  readonly binDir?: string | undefined;
  /** Only this major version. Default: the newest that is installed, 15 or newer. */
  readonly major?: number | undefined;
  /**
   * Whether the server from the package registry may be used where none is installed. It is copied to the cache for
   * that. `"cached"`: nothing is written; where it was not copied yet, `binDir` is the package's own folder, which is
   * for being named, not for being started from. Default: true.
   */
  readonly provide?: boolean | "cached" | undefined;
  /** Where `SMITH_PG_BIN` and `PATH` are read from. Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Finds a PostgreSQL server: an explicit folder, else an installation, else the one from the package registry.
 *
 * @throws SmithError `SERVER_NOT_FOUND` with the way to install one
 */
export async function findPostgres(options: FindPostgresOptions = {}): Promise<FoundPostgres> {
  const env = options.env ?? process.env;
  const explicit = options.binDir ?? env["SMITH_PG_BIN"];
  if (explicit !== undefined && explicit !== "") return explicitPostgres(explicit, options.major);
  const installed = newest((await installedPostgres(env)).filter((found) => fits(found, options.major)));
  if (installed !== undefined) return installed;
  const provided = await providedPostgres(options.provide ?? true);
  if (provided !== undefined && fits(provided, options.major)) return provided;
  throw notFound(options);
}

/** Every PostgreSQL server that could be used here, the newest of a major version alone, newest first. */
export async function listPostgres(options: FindPostgresOptions = {}): Promise<FoundPostgres[]> {
  const env = options.env ?? process.env;
  const explicit = options.binDir ?? env["SMITH_PG_BIN"];
  const candidates = [
    explicit === undefined || explicit === "" ? undefined : await inspectPostgres(explicit, "explicit"),
    ...(await installedPostgres(env)),
    await providedPostgres(options.provide ?? true),
  ];
  const byMajor = new Map<number, FoundPostgres>();
  for (const found of candidates) {
    if (found !== undefined && fits(found, options.major) && !byMajor.has(found.version.major)) {
      byMajor.set(found.version.major, found);
    }
  }
  return [...byMajor.values()].sort((a, b) => b.version.major - a.version.major);
}

async function providedPostgres(provide: boolean | "cached"): Promise<FoundPostgres | undefined> {
  if (provide === false) return undefined;
  return provide === "cached" ? npmPostgresAsItIs() : npmPostgres();
}

async function explicitPostgres(binDir: string, major: number | undefined): Promise<FoundPostgres> {
  const found = await inspectPostgres(binDir, "explicit");
  if (found !== undefined && fits(found, major)) return found;
  const wanted = major === undefined ? `${oldestPostgresMajor} or newer` : String(major);
  const reason =
    found === undefined
      ? "no working programs postgres and initdb there"
      : `PostgreSQL ${found.version.full} there, ${wanted} wanted`;
  throw new SmithError("SERVER_NOT_FOUND", `cannot use PostgreSQL from ${binDir}: ${reason}`, {
    hint: `Name the folder that holds the programs postgres and initdb of PostgreSQL ${wanted} in SMITH_PG_BIN, or leave it out.`,
    details: { program: "postgres", binDir, ...(found === undefined ? {} : { found: found.version.full }) },
  });
}

function fits(found: FoundPostgres, major: number | undefined): boolean {
  return major === undefined ? found.version.major >= oldestPostgresMajor : found.version.major === major;
}

function newest(found: readonly FoundPostgres[]): FoundPostgres | undefined {
  return found.reduce<FoundPostgres | undefined>(
    (best, next) => (best === undefined || next.version.major > best.version.major ? next : best),
    undefined,
  );
}

function notFound(options: FindPostgresOptions): SmithError {
  const wanted =
    options.major === undefined
      ? `PostgreSQL ${oldestPostgresMajor} or newer`
      : `PostgreSQL ${options.major}`;
  return new SmithError(
    "SERVER_NOT_FOUND",
    `no server of ${wanted} on this machine: the program postgres is missing`,
    {
      hint: postgresAdvice,
      details: { program: "postgres", ...(options.major === undefined ? {} : { major: options.major }) },
    },
  );
}
