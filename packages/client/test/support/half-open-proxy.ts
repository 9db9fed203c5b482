import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A way to a server that can be spoilt. */
export interface HalfOpenProxy extends AsyncDisposable {
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
  /** Connections that clients have open to it. */
  readonly open: number;
  /** Connections that it has taken since it began. */
  readonly taken: number;
  /** The URL of the server, by way of the proxy. */
  through(url: string): string;
  /** Takes connections and bytes, and passes nothing on, in neither direction: a network that is half open. */
  swallow(): void;
  /** Breaks all connections at once, and each new one. */
  cut(): void;
  /** Passes everything on again, for new connections: what was swallowed is lost. */
  pass(): void;
}

/** Listens for a server on 127.0.0.1. */
export async function halfOpenProxy(target: { readonly port: number }): Promise<HalfOpenProxy> {
  const clients = new Set<Socket>();
  const upstreams = new Set<Socket>();
  let mode: "pass" | "swallow" | "cut" = "pass";
  let taken = 0;
  // Whoever lost bytes in either direction gets no more: bytes from the middle of a conversation are worse than none.
  let swallowed = new WeakSet<Socket>();

  const server = createServer((client) => {
    taken += 1;
    keep(clients, client);
    if (mode === "cut") return void client.resetAndDestroy();
    if (mode === "swallow") {
      swallowed.add(client);
      return void client.resume();
    }
    const upstream = connect(target.port, "127.0.0.1");
    keep(upstreams, upstream);
    client.on("data", (bytes) => void (swallowed.has(client) || upstream.write(bytes)));
    upstream.on("data", (bytes) => void (swallowed.has(client) || client.write(bytes)));
    upstream.on("close", () => void (swallowed.has(client) || client.resetAndDestroy()));
    client.on("close", () => void upstream.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const { port } = address;

  return {
    port,
    get open() {
      return clients.size;
    },
    get taken() {
      return taken;
    },
    through(url) {
      const changed = new URL(url);
      changed.hostname = "127.0.0.1";
      changed.port = String(port);
      return changed.href;
    },
    swallow() {
      mode = "swallow";
      for (const client of clients) swallowed.add(client);
    },
    cut() {
      mode = "cut";
      for (const client of clients) client.resetAndDestroy();
    },
    pass() {
      mode = "pass";
    },
    async [Symbol.asyncDispose]() {
      swallowed = new WeakSet();
      for (const socket of [...clients, ...upstreams]) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.setNoDelay(true);
  socket.on("error", () => {});
  socket.on("close", () => sockets.delete(socket));
}
