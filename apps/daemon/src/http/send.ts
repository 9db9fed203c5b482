import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { securityHeaders } from "./security-headers.ts";

/** What is sent. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A body that is shorter than this, in bytes, is not worth packing. */
const packedFrom = 1_024;

/** Sends an answer, packed where that is worth it and the asker takes it; nothing when one was sent already. */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (response.headersSent) return;
  const { status, contentType, headers } = answer;
  const whole = typeof answer.body === "string" ? Buffer.from(answer.body) : answer.body;
  const isPacked =
    whole.byteLength >= packedFrom && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  const body = isPacked ? gzipSync(whole, { level: 5 }) : whole;
  response.writeHead(status, {
    ...securityHeaders,
    "cache-control": "no-store",
    ...headers,
    "content-type": contentType,
    "content-length": body.byteLength,
    vary: "accept-encoding, authorization",
    ...(isPacked ? { "content-encoding": "gzip" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

/** A document as JSON. */
export function json(
  status: number,
  document: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, contentType: "application/json", body: `${JSON.stringify(document)}\n`, headers };
}
