import net from "node:net";
import tls from "node:tls";
import type { Session } from "./session.ts";
import { tlsRequest } from "./tls-request.ts";

/** The number that PostgreSQL's protocol gives to a request to cancel. */
const cancelCode = 80_877_102;

/**
 * Asks the server to cancel what runs in a session, over a connection of its own, as the protocol wants it.
 *
 * Resolves to true when the server has taken the request: then the signal has been delivered, and can no longer
 * reach a statement that is sent from now on. False: nobody knows, and the session must not be used again.
 */
export async function requestCancel(session: Session, timeoutMs: number): Promise<boolean> {
  const key = session.cancelKey;
  if (key === undefined) return false;
  const { remote } = session;
  const socket = net.connect("path" in remote ? { path: remote.path } : { ...remote });
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  try {
    await once(socket, "connect");
    const channel = session.ssl ? await secured(socket, session) : socket;
    const request = Buffer.alloc(16);
    request.writeInt32BE(16, 0);
    request.writeInt32BE(cancelCode, 4);
    request.writeInt32BE(key.processId, 8);
    request.writeInt32BE(key.secretKey, 12);
    channel.write(request);
    channel.resume();
    // The server closes without an answer, once it has sent the signal.
    await once(channel, "end");
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

async function secured(socket: net.Socket, session: Session): Promise<net.Socket> {
  const answered = once(socket, "data");
  socket.write(tlsRequest());
  await answered;
  socket.pause();
  const channel = tls.connect({ ...session.tls, socket });
  await once(channel, "secureConnect");
  return channel;
}

function once(socket: net.Socket, event: "connect" | "data" | "end" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`the connection closed before its ${event}`)));
  });
}
