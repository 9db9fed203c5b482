import net from "node:net";
import { tlsRequest } from "./tls-request.ts";

/**
 * Whether something that speaks PostgreSQL's protocol answers there in time, be it a pooler that has no server. Asks
 * whether it would encrypt, which is answered before anybody is known, and hangs up. Never rejects.
 */
export function speaksPostgres(
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
    const settle = (speaks: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(speaks);
    };
    const timer = setTimeout(() => settle(false), timeoutMs);
    socket.once("connect", () => socket.write(tlsRequest()));
    socket.once("data", (answer) => settle(answer[0] === 0x53 || answer[0] === 0x4e));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
  });
}
