import { z } from "zod";
import { defineCommand } from "../../command/define-command.ts";
import type { Context } from "../../context.ts";
import type { ServerConnections } from "../../db/look-at-connections.ts";
import { durationText } from "../../output/duration-text.ts";
import { table } from "../../output/table.ts";

export default defineCommand({
  description: `Shows the connections of all applications as the servers see them: who is connected to this database,
under which application_name and role, in which state, and since when the oldest of them is in it; and against the
limits of the server, the database and the roles how many are left. The pools of the client are called smith/primary,
smith/replica, smith/background and smith/analytics unless an application names them itself.

The primary and every configured replica are asked. Other users' states are shown only to a role with the rights of
pg_monitor. Nothing is changed.`,
  examples: [
    { run: "smith db pools", does: "see who holds the connections when there are none left" },
    {
      run: "smith db pools --json | jq '.servers[].limits | {used, max, reserved}'",
      does: "get the figures for a graph",
    },
  ],
  exitCodes: {
    ok: "every server was asked, and no limit is near",
    failed:
      "a limit is reached to nine tenths, a transaction has done nothing for minutes, or a replica cannot be asked",
    unreachable: "the primary cannot be asked",
  },
  related: ["db health", "db lag"],
  input: z.strictObject({}),
  async run(context) {
    const [{ withAllPools }, { lookAtConnections }] = await Promise.all([
      import("../../db/with-all-pools.ts"),
      import("../../db/look-at-connections.ts"),
    ]);
    using _progress = context.progress("asking every server");
    const servers = await withAllPools(context, "look at the connections", lookAtConnections);
    return {
      data: { servers },
      text: servers.map((server) => asText(server, context)).join("\n\n"),
      exit: exitOf(servers),
    };
  },
});

function exitOf(servers: readonly ServerConnections[]) {
  const [primary] = servers;
  if (primary === undefined || primary.limits === null) return "unreachable";
  return servers.every(({ limits, warnings }) => limits !== null && warnings.length === 0) ? "ok" : "failed";
}

function asText(server: ServerConnections, { colours }: Context): string {
  const { address, role, limits, roles, connections, warnings, why } = server;
  const title = colours.bold(`${role ?? "server"} ${address}`);
  if (limits === null)
    return [title, colours.red(why), "Look with `smith db health` at what to do."].join("\n");
  const { used, max, reserved, database, databaseUsed, databaseLimit } = limits;
  const rows = connections.map((one) => [
    one.application,
    one.role,
    one.state,
    String(one.connections),
    one.longestMs === null ? "-" : durationText(Math.max(0, one.longestMs)),
  ]);
  return [
    title,
    `${used} of ${max} connections, ${reserved} of these reserved; ${max - reserved - used} left`,
    `database ${database}: ${databaseUsed}${databaseLimit === null ? ", without a limit of its own" : ` of ${databaseLimit}`}`,
    ...(roles.length === 0
      ? []
      : [
          `roles: ${roles.map(({ role: name, used: its, limit }) => `${name} ${its} of ${limit}`).join(", ")}`,
        ]),
    "",
    ...table(["application", "role", "state", "connections", "longest"], rows, colours),
    ...(warnings.length === 0 ? [] : ["", ...warnings.map((warning) => colours.yellow(warning))]),
  ].join("\n");
}
