import { delimiter, join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { natsAdvice } from "../install-advice.ts";
import { debianNats, unpackedDebianNats } from "./debian-nats.ts";
import { type FoundNats, inspectNats } from "./found-nats.ts";

/** Which nats-server is wanted. */
export interface FindNatsOptions {
  /** The program; nothing else is looked at then. Default: `SMITH_NATS_BIN`. */
  readonly program?: string | undefined;
  /**
   * Whether the package of the system may be fetched where none is installed. `"cached"`: only one that was fetched
   * before counts; nothing is fetched or written. Default: true.
   */
  readonly provide?: boolean | "cached" | undefined;
  /** Where `SMITH_NATS_BIN` and `PATH` are read from. Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
}

const usualFolders = [
  "/usr/sbin",
  "/usr/local/sbin",
  "/usr/local/bin",
  "/opt/homebrew/bin",
  "/home/linuxbrew/.linuxbrew/bin",
];

/**
 * Finds a nats-server: an explicit program, else an installed one, else the one of the system's package manager.
 *
 * @throws SmithError `SERVER_NOT_FOUND` with the way to install one
 */
export async function findNats(options: FindNatsOptions = {}): Promise<FoundNats> {
  const env = options.env ?? process.env;
  const explicit = options.program ?? env["SMITH_NATS_BIN"];
  if (explicit !== undefined && explicit !== "") return explicitNats(explicit);
  const folders = [
    ...(env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== ""),
    ...usualFolders,
  ];
  for (const folder of new Set(folders)) {
    const found = await inspectNats(join(folder, "nats-server"), "installed");
    if (found !== undefined) return found;
  }
  const provided = await providedNats(options.provide ?? true);
  if (provided !== undefined) return provided;
  throw new SmithError("SERVER_NOT_FOUND", "the program nats-server is missing on this machine", {
    hint: natsAdvice,
    details: { program: "nats-server" },
  });
}

async function providedNats(provide: boolean | "cached"): Promise<FoundNats | undefined> {
  if (provide === false) return undefined;
  return provide === "cached" ? unpackedDebianNats() : debianNats();
}

/** The variable may name the program or, like SMITH_PG_BIN, the folder that holds it. */
async function explicitNats(path: string): Promise<FoundNats> {
  const found =
    (await inspectNats(path, "explicit")) ?? (await inspectNats(join(path, "nats-server"), "explicit"));
  if (found !== undefined) return found;
  throw new SmithError("SERVER_NOT_FOUND", `cannot use nats-server from ${path}: no working program there`, {
    hint: "Name the program nats-server in SMITH_NATS_BIN, or leave it out.",
    details: { program: "nats-server", path },
  });
}
