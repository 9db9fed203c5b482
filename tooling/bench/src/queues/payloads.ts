import type { Payload } from "./queue-side.ts";

/** The same payloads at every call, each of 300 bytes as JSON. */
export function payloads(count: number): Payload[] {
  return Array.from({ length: count }, (_, id) => {
    const filler = "x".repeat(300 - JSON.stringify({ id, text: "" }).length);
    return { id, text: filler };
  });
}
