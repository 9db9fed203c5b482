import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A server's address through which everything that clients send is kept. */
export interface RecordingProxy extends AsyncDisposable {
  readonly url: string;
  /** All bytes that clients have sent, one connection after the other. */
  sent(): Buffer;
  /** The bytes that were sent on one connection, which is told by what the server calls `inet_client_port()`. */
  sentFrom(clientPort: number): Buffer;
}

/** Puts itself between clients and the server of a URL. */
export async function recordingProxy(url: string): Promise<RecordingProxy> {
  const target = new URL(url);
  const connections: { readonly upstream: Socket; readonly chunks: Buffer[] }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const chunks: Buffer[] = [];
    connections.push({ upstream, chunks });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("data", (chunk) => chunks.push(Buffer.from(chunk)));
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const proxied = new URL(url);
  proxied.hostname = "127.0.0.1";
  proxied.port = typeof address === "object" && address !== null ? String(address.port) : "";
  return {
    url: proxied.href,
    sent: () => Buffer.concat(connections.flatMap(({ chunks }) => chunks)),
    sentFrom(clientPort) {
      const connection = connections.find(({ upstream }) => upstream.localPort === clientPort);
      if (connection === undefined) throw new Error(`there is no connection from port ${clientPort}`);
      return Buffer.concat(connection.chunks);
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
