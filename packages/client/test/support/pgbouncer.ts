import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.ts";

const program = ["/usr/sbin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"].find(
  existsSync,
);

/** Why there is no PgBouncer here; undefined where there is one. */
export const noPgBouncer = program === undefined ? "no pgbouncer is installed" : undefined;

/** A running PgBouncer in transaction mode. */
export interface PgBouncer extends AsyncDisposable {
  /** The URL of the server, by way of PgBouncer. */
  readonly url: string;
  /** Ends it by SIGKILL and starts it again on the same port. */
  restart(): Promise<void>;
  /** Stops it by SIGSTOP: its sockets stay open and say nothing. */
  freeze(): void;
  thaw(): void;
}

/** Starts PgBouncer before the server of the URL, with at most `poolSize` connections to it. */
export async function startPgBouncer(serverUrl: string, poolSize = 2): Promise<PgBouncer> {
  if (program === undefined) throw new Error("there is no pgbouncer");
  const server = new URL(serverUrl);
  const database = server.pathname.slice(1);
  const password = server.password === "" ? "" : ` password=${server.password}`;
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "smith-pgbouncer-"));
  const settings = join(folder, "pgbouncer.ini");
  await writeFile(
    settings,
    `[databases]
${database} = host=${server.hostname} port=${server.port} dbname=${database} user=${server.username}${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 100
server_login_retry = 1
`,
  );
  await chmod(folder, 0o755);
  let child = await started(settings, port);
  const through = new URL(serverUrl);
  through.hostname = "127.0.0.1";
  through.port = String(port);
  return {
    url: through.href,
    async restart() {
      await ended(child);
      child = await started(settings, port);
    },
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await ended(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function started(settings: string, port: number): Promise<ChildProcess> {
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : {};
  const child = spawn(String(program), [settings], { stdio: "ignore", ...user });
  await eventually("PgBouncer listens", () => answers(port));
  return child;
}

function idOf(which: "-u" | "-g"): number {
  return Number(execFileSync("id", [which, "nobody"], { encoding: "utf8" }));
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
