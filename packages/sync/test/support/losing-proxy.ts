import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A way to nats-server on which requests are lost. */
export interface LosingProxy extends AsyncDisposable {
  /** For clients: `nats://127.0.0.1:port`. */
  readonly url: string;
  /** How many requests were lost. */
  readonly lost: number;
  /** Loses the next requests to a subject, so many of them: they never come to the server, and are never answered. */
  lose(subject: string, requests: number): void;
}

/** Listens for a nats-server on 127.0.0.1. */
export async function losingProxy(target: { readonly port: number }): Promise<LosingProxy> {
  const sockets = new Set<Socket>();
  let losing = { subject: "", requests: 0 };
  let lost = 0;
  // A client waits for each answer before its next request: what comes at once is one request.
  const isLost = (bytes: Buffer) => {
    if (losing.requests === 0 || !bytes.includes(`PUB ${losing.subject} `)) return false;
    losing = { ...losing, requests: losing.requests - 1 };
    lost += 1;
    return true;
  };
  const server = createServer((client) => {
    const upstream = connect(target.port, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("data", (bytes) => void (isLost(bytes) || upstream.write(bytes)));
    upstream.on("data", (bytes) => void client.write(bytes));
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    url: `nats://127.0.0.1:${address.port}`,
    get lost() {
      return lost;
    },
    lose(subject, requests) {
      losing = { subject, requests };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
