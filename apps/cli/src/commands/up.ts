import { z } from "zod";
import { defineCommand } from "../command/define-command.ts";
import { systemFolderInput, systemFolderOption } from "../system/system-folder.ts";

const portText = "expected a port from 1 to 65535";
const port = z.coerce.number(portText).int(portText).min(1, portText).max(65_535, portText).optional();

export default defineCommand({
  description: `Starts a real PostgreSQL and a real nats-server with JetStream for this folder: programs that are
installed, else ones that can be had without a person. They listen on this machine alone, on free ports that stay the
same from then on, with a password of their own, and keep everything below .smith. Your other servers are left alone.

They keep running until \`smith down\`; with --foreground they end with this command. Every other command finds them
here by itself. Started again, they have their data.`,
  options: [
    { flags: "--foreground", description: "stay, and stop the servers on Ctrl-C or when this process ends" },
    { flags: "--postgres-port <port>", description: "default: embedded.postgresPort, else a free one" },
    { flags: "--nats-port <port>", description: "default: embedded.natsPort, else a free one" },
    { flags: "--show-secrets", description: "show the URLs with their passwords" },
    systemFolderOption,
  ],
  examples: [
    { run: "smith up && smith migrate up", does: "have a database with the schema" },
    { run: "smith up --foreground", does: "keep the servers in this terminal, or under a process manager" },
    { run: "smith up --folder /srv/smith --postgres-port 5433", does: "choose place and port" },
  ],
  exitCodes: {
    ok: "both servers run and answer, whether they ran before or not",
    failed: "a server could not be started; the message says which, why and what to do",
    incomplete: "a server is not installed and could not be had; the message says how to install it",
  },
  related: ["status", "down", "migrate up", "doctor"],
  input: z.strictObject({
    foreground: z.boolean().default(false),
    postgresPort: port,
    natsPort: port,
    showSecrets: z.boolean().default(false),
    ...systemFolderInput,
  }),
  async run(context, input) {
    const { start } = await import("../system/start.ts");
    return await start(context, input);
  },
});
