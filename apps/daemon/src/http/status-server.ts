import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SmithError } from "@mister-smith/errors";

/** What the daemon says of itself to whoever asks. */
export interface StatusPages {
  /** Whether it can do its work, and of each part how it is. */
  readonly readiness: () => Promise<Readiness>;
  /** The metrics in the text format of Prometheus. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Whether the daemon can do its work. */
export interface Readiness {
  readonly ready: boolean;
  /** Why it is not, in sentences; empty when it is. */
  readonly why: readonly string[];
  readonly parts: Readonly<Record<string, unknown>>;
  /** How many agents are in each state of their life, as far as the roles of this daemon have seen. */
  readonly agents: Readonly<Record<string, number>>;
}

/** The pages of the daemon over HTTP. */
export interface StatusServer extends AsyncDisposable {
  /** `http://host:port` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Answers `/healthz` (the process runs), `/readyz` (it does its work: 503 when a pipe is stuck or a server is away) and
 * `/metrics`.
 *
 * @throws SmithError `PORT_TAKEN` when another process has the port
 */
export async function startStatusServer(
  { host, port }: { readonly host: string; readonly port: number },
  pages: StatusPages,
): Promise<StatusServer> {
  const server = createServer((request, response) => {
    void answer(request, response, pages);
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(notListening(error, host, port)));
    server.listen(port, host, resolve);
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  // A server that listens on a port has an address of this kind.
  const bound = server.address() as AddressInfo;
  const shownHost = host.includes(":") ? `[${host}]` : host;
  return { url: `http://${shownHost}:${bound.port}`, close, [Symbol.asyncDispose]: close };
}

async function answer(request: IncomingMessage, response: ServerResponse, pages: StatusPages): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD")
    return send(response, 405, { error: "only GET" });
  try {
    switch (new URL(request.url ?? "/", "http://daemon").pathname) {
      case "/healthz":
        return send(response, 200, { status: "ok" });
      case "/readyz": {
        const readiness = await pages.readiness();
        return send(response, readiness.ready ? 200 : 503, readiness);
      }
      case "/metrics": {
        const { contentType, text } = await pages.metrics();
        response.writeHead(200, { "content-type": contentType }).end(text);
        return;
      }
      default:
        return send(response, 404, { error: "there are /healthz, /readyz and /metrics" });
    }
  } catch (error) {
    send(response, 500, { error: error instanceof Error ? error.message : String(error) });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return;
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}

function notListening(error: NodeJS.ErrnoException, host: string, port: number): SmithError {
  const taken = error.code === "EADDRINUSE";
  return new SmithError(
    taken ? "PORT_TAKEN" : "CANNOT_LISTEN",
    `cannot listen on ${host}:${port}: ${error.message}`,
    {
      cause: error,
      hint: "Choose another with `daemon.host` and `daemon.port`, or SMITH_DAEMON_PORT; 0 takes a free one.",
      details: { host, port },
    },
  );
}
