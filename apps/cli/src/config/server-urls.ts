import { SmithError } from "@mister-smith/errors";
import type { EffectiveConfig } from "./effective-config.ts";

/** PostgreSQL's URL of the configuration. Throws `NO_DATABASE_URL` when there is none. */
export function databaseUrlOf({ values }: EffectiveConfig): string {
  if (values.database.url !== undefined) return values.database.url;
  throw new SmithError(
    "NO_DATABASE_URL",
    `no database is named, and no embedded one runs in ${values.embedded.folder}`,
    {
      hint: "Run `smith up` to start one here, or set SMITH_DATABASE_URL=postgres://user@host/database.",
    },
  );
}

/** NATS' URL of the configuration. Throws `NO_NATS_URL` when there is none. */
export function natsUrlOf({ values }: EffectiveConfig): string {
  if (values.nats.url !== undefined) return values.nats.url;
  throw new SmithError(
    "NO_NATS_URL",
    `no NATS is named, and no embedded one runs in ${values.embedded.folder}`,
    {
      hint: "Run `smith up` to start one here, or set SMITH_NATS_URL=nats://host:4222.",
    },
  );
}
