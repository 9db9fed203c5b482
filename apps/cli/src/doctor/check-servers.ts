import { findNats, findPostgres } from "@mister-smith/embedded";
import { isSmithError } from "@mister-smith/errors";
import type { Check } from "./check.ts";

/** Whether `smith up` could start its servers here, and which programs it would take. */
export async function checkServers(): Promise<Check[]> {
  return await Promise.all([
    // Looking must not fetch or copy anything; `smith up` does, where it can, and what it has fetched counts.
    server("PostgreSQL server", "`smith up` starts PostgreSQL here", async () => {
      const { version, origin, binDir } = await findPostgres({ provide: "cached" });
      return `${version.full}, ${origin}, ${binDir}`;
    }),
    server("nats-server", "`smith up` starts NATS here", async () => {
      const { version, origin, program } = await findNats({ provide: "cached" });
      return `${version.full}, ${origin}, ${program}`;
    }),
  ]);
}

async function server(name: string, gives: string, find: () => Promise<string>): Promise<Check> {
  const check = { area: "machine", name, needed: true } as const;
  try {
    return { ...check, state: "ok", found: await find() };
  } catch (error) {
    if (!isSmithError(error)) throw error;
    const remedy = `\`smith up\` fetches it where the system's packages have it; else: ${error.hint ?? "install it."}`;
    return { ...check, state: "missing", found: error.message, gives, remedy };
  }
}
