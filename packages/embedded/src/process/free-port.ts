import { createServer } from "node:net";
import { SmithError } from "@mister-smith/errors";

/** Ports given out lately by this process: two servers that start at once must not get the same. */
const givenOut = new Set<number>();

/** A TCP port on which nobody listens now. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  for (;;) {
    const port = await listenOnce(host, 0);
    if (typeof port !== "number") throw portError(host, 0, port);
    if (givenOut.has(port)) continue;
    givenOut.add(port);
    setTimeout(() => givenOut.delete(port), 30_000).unref();
    return port;
  }
}

/** `port` when nobody listens on it now, else undefined. */
export async function portIfFree(port: number | undefined, host = "127.0.0.1"): Promise<number | undefined> {
  if (port === undefined) return undefined;
  return typeof (await listenOnce(host, port)) === "number" ? port : undefined;
}

/**
 * Resolves when `port` can be listened on.
 *
 * @param forWhat the server that wants it, for the message
 * @throws SmithError `PORT_TAKEN` when somebody listens there already, `PORT_NOT_USABLE` when it may not be used
 */
export async function assertPortFree(port: number, forWhat: string, host = "127.0.0.1"): Promise<void> {
  const result = await listenOnce(host, port);
  if (typeof result === "number") return;
  if ("code" in result && result.code === "EADDRINUSE") {
    throw new SmithError("PORT_TAKEN", `port ${port} on ${host}, wanted for ${forWhat}, is already taken`, {
      hint: `Stop what listens there (\`lsof -i :${port}\` names it), or choose another port or none: then a free one is taken.`,
      details: { host, port },
      cause: result,
    });
  }
  throw portError(host, port, result);
}

function portError(host: string, port: number, cause: Error): SmithError {
  return new SmithError("PORT_NOT_USABLE", `cannot listen on ${host}:${port}: ${cause.message}`, {
    hint: "Choose another port, or none: then a free one is taken.",
    details: { host, port },
    cause,
  });
}

function listenOnce(host: string, port: number): Promise<number | Error> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const taken = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve(taken));
    });
  });
}
