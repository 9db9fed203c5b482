import { connect } from "node:net";
import { performance } from "node:perf_hooks";
import { z } from "zod";

const serverInfo = z.object({
  version: z.string(),
  jetstream: z.boolean().default(false),
  max_payload: z.int(),
  tls_required: z.boolean().default(false),
  auth_required: z.boolean().default(false),
});

/** What a NATS server says of itself to whoever connects. */
export type NatsServerInfo = z.output<typeof serverInfo>;

/** A NATS server's greeting and how long it took, or why there was none. */
export type NatsAnswer =
  | { readonly kind: "answered"; readonly info: NatsServerInfo; readonly latencyMs: number }
  | { readonly kind: "silent"; readonly reason: string };

const defaultPort = 4222;

/**
 * Opens a connection and reads the greeting that a NATS server sends before anything else. No account is needed
 * for it, so this tells "not there" from "not allowed".
 */
export async function probeNats(url: string, timeoutMs: number): Promise<NatsAnswer> {
  const { hostname, port } = new URL(url);
  const started = performance.now();
  return await new Promise((resolve) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? defaultPort : Number(port),
    });
    const settle = (answer: NatsAnswer) => {
      socket.destroy();
      resolve(answer);
    };
    let greeting = "";
    socket.setTimeout(timeoutMs, () =>
      settle({ kind: "silent", reason: `no answer within ${timeoutMs} ms` }),
    );
    socket.on("error", (error) => settle({ kind: "silent", reason: error.message || String(error) }));
    socket.on("close", () =>
      settle({ kind: "silent", reason: "it closed the connection without a greeting" }),
    );
    socket.on("data", (chunk) => {
      greeting += chunk.toString("utf8");
      if (!greeting.includes("\n") && greeting.length < 65_536) return;
      settle(readGreeting(greeting, performance.now() - started));
    });
  });
}

function readGreeting(greeting: string, latencyMs: number): NatsAnswer {
  const json = /^INFO (\{.*\})\s*\r?\n/.exec(greeting)?.[1];
  const info = json === undefined ? undefined : serverInfo.safeParse(parseJson(json));
  if (info?.success !== true) return { kind: "silent", reason: "what listens there is no NATS server" };
  return { kind: "answered", info: info.data, latencyMs };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
