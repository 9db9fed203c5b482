import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { isSmithError, SmithError } from "@mister-smith/errors";
import { type HostRule, isMeantForUs } from "./guard/host-rule.ts";
import { type TokenRule, tokenRule } from "./guard/token-rule.ts";
import type { PageFile, PageFiles } from "./page-files.ts";
import { type Answer, json, send } from "./send.ts";

/** What the daemon says of itself to whoever asks. */
export interface StatusPages {
  /** Whether it can do its work, and of each part how it is. */
  readonly readiness: () => Promise<Readiness>;
  /** The metrics in the text format of Prometheus. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** The files of its page. */
  readonly files: PageFiles;
  /** What its page shows: the document of that name; undefined where there is none of that name. */
  readonly document: (name: string, query: URLSearchParams) => Promise<unknown> | undefined;
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

/** Where the daemon listens, and to whom it answers. */
export interface StatusServerOptions extends HostRule {
  readonly port: number;
  /** Who asks for more than whether it lives and is ready gives this; undefined: nobody is asked. */
  readonly token?: string | undefined;
  /** Hears of each request that gave a wrong token, or none. */
  readonly onRefused?: () => void;
}

/** The pages of the daemon over HTTP. */
export interface StatusServer extends AsyncDisposable {
  /** `http://host:port` */
  readonly url: string;
  close(): Promise<void>;
}

/** How many may be connected at once. */
const maxConnections = 256;

/**
 * Answers `/healthz` (the process runs), `/readyz` (it does its work: 503 when a pipe is stuck or a server is away), `/metrics`,
 * its page at `/` and what that shows under `/api/`. It only reads: nothing but GET is answered.
 *
 * Everybody is told whether it lives and is ready. For all else a request must be meant for it, by its `Host`, and give the
 * token; the files of the page, which ask for the token, must be meant for it.
 *
 * @throws SmithError `PORT_TAKEN` when another process has the port
 */
export async function startStatusServer(
  options: StatusServerOptions,
  pages: StatusPages,
): Promise<StatusServer> {
  const { host, port } = options;
  const mayKnow = tokenRule(options.token);
  const server = createServer((request, response) => {
    void answer(request, options, mayKnow, pages).then(
      (given) => send(request, response, given),
      (error: unknown) => send(request, response, failure(error)),
    );
  });
  server.requestTimeout = 10_000;
  server.headersTimeout = 10_000;
  server.maxConnections = maxConnections;
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

async function answer(
  request: IncomingMessage,
  options: StatusServerOptions,
  mayKnow: TokenRule,
  pages: StatusPages,
): Promise<Answer> {
  if (request.method !== "GET" && request.method !== "HEAD")
    return json(405, { error: "only GET" }, { allow: "GET, HEAD" });
  const url = URL.parse(request.url ?? "/", "http://daemon");
  if (url === null) return json(400, { error: "no path that can be read" });
  const isMeant = isMeantForUs(request.headers.host, options);
  const isKnown = isMeant && mayKnow(request.headers.authorization);
  if (url.pathname === "/healthz") return json(200, { status: "ok" });
  if (url.pathname === "/readyz") {
    const { ready, ...more } = await pages.readiness();
    return json(ready ? 200 : 503, { ready, ...(isKnown ? more : {}) });
  }
  if (!isMeant)
    return json(421, {
      error: "this smithd is not asked by that name; daemon.allowedHosts has those by which it is",
    });
  const file = pages.files.get(url.pathname);
  if (file !== undefined) return fileAnswer(request, file);
  if (!isKnown) {
    options.onRefused?.();
    return json(
      401,
      { error: "give the token of smithd, as Authorization: Bearer" },
      { "www-authenticate": "Bearer" },
    );
  }
  if (url.pathname === "/metrics") {
    const { contentType, text } = await pages.metrics();
    return { status: 200, contentType, body: text };
  }
  const [, name] = /^\/api\/([a-z-]{1,40})$/.exec(url.pathname) ?? [];
  const document = name === undefined ? undefined : pages.document(name, url.searchParams);
  if (document === undefined)
    return json(404, { error: "there are /, /healthz, /readyz, /metrics and what / asks for" });
  return json(200, await document);
}

function fileAnswer(request: IncomingMessage, { body, contentType, etag }: PageFile): Answer {
  const headers = { etag, "cache-control": "no-cache" };
  if (request.headers["if-none-match"] === etag) return { status: 304, contentType, body: "", headers };
  return { status: 200, contentType, body, headers };
}

function failure(error: unknown): Answer {
  const message = error instanceof Error ? error.message : String(error);
  if (!isSmithError(error)) return json(500, { error: message });
  // What waits for a server is answered when that is there again.
  const status = error.code === "INVALID_INPUT" ? 400 : error.code === "NOT_FOUND" ? 404 : 503;
  return json(status, { error: message, ...(error.hint === undefined ? {} : { hint: error.hint }) });
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
