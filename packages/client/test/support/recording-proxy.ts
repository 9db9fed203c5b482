import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A server's address through which everything that clients send is kept. */
export interface RecordingProxy extends AsyncDisposable {
  readonly url: string;
  /** All bytes that clients have sent. */
  sent(): Buffer;
}

/** Puts itself between clients and the server of a URL. */
export async function recordingProxy(url: string): Promise<RecordingProxy> {
  const target = new URL(url);
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
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
    sent: () => Buffer.concat(chunks),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
