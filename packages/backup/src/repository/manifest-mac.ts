import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { Manifest } from "./manifest.ts";

/** The code by which a manifest shows that who has the data key has written it. The wrapped key is not part of it, so that it can be wrapped anew. */
export function manifestMac(
  { key: _, mac: __, ...rest }: Omit<Manifest, "mac"> & { readonly mac?: string },
  dataKey: Uint8Array,
): string {
  const key = new Uint8Array(hkdfSync("sha256", dataKey, new Uint8Array(0), "mister-smith manifest 1", 32));
  return createHmac("sha256", key)
    .update(JSON.stringify(sorted(rest)))
    .digest("hex");
}

/** Whether a manifest has the code that it must have. */
export function hasMac(backup: Manifest, dataKey: Uint8Array): boolean {
  return timingSafeEqual(Buffer.from(backup.mac, "hex"), Buffer.from(manifestMac(backup, dataKey), "hex"));
}

/** With names in one order, however they were written. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}
