import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A way to a server on which what is sent first can be overtaken. */
export interface SlowProxy extends AsyncDisposable {
  /** The URL of the server, by way of the proxy. */
  readonly url: string;
  /** Keeps what the connections that are open now send, until it is let go; new connections are not slow. */
  hold(): void;
  letGo(): void;
  /** Whether something is kept. */
  readonly keeps: boolean;
}

/** Puts itself between clients and the server of a URL on 127.0.0.1. */
export async function slowProxy(url: string): Promise<SlowProxy> {
  const target = new URL(url);
  const upstreamOf = new Map<Socket, Socket>();
  const kept = new Map<Socket, Buffer[]>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    upstreamOf.set(client, upstream);
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
    client.on("data", (bytes) => void (kept.get(client)?.push(bytes) ?? upstream.write(bytes)));
    upstream.pipe(client);
    client.on("close", () => {
      upstreamOf.delete(client);
      upstream.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const proxied = new URL(url);
  proxied.hostname = "127.0.0.1";
  proxied.port = typeof address === "object" && address !== null ? String(address.port) : "";
  return {
    url: proxied.href,
    hold() {
      for (const client of upstreamOf.keys()) kept.set(client, []);
    },
    get keeps() {
      return [...kept.values()].some((chunks) => chunks.length > 0);
    },
    letGo() {
      for (const [client, chunks] of kept) for (const bytes of chunks) upstreamOf.get(client)?.write(bytes);
      kept.clear();
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of upstreamOf.keys()) client.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
