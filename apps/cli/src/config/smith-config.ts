import { embeddedConfig } from "@mister-smith/embedded";
import { monitoringConfig } from "@mister-smith/monitoring";
import { migrationsConfig } from "@mister-smith/schema";
import { syncConfig } from "@mister-smith/sync";
import { z } from "zod";
import { daemonConfig } from "./daemon-config.ts";
import { databaseConfig } from "./database-config.ts";
import { natsConfig } from "./nats-config.ts";

/** The whole configuration, composed of what each part of the house declares for itself. */
export const smithConfig = z.strictObject({
  database: databaseConfig,
  nats: natsConfig,
  embedded: embeddedConfig,
  migrations: migrationsConfig,
  sync: syncConfig,
  daemon: daemonConfig,
  monitoring: monitoringConfig,
});

/** The configuration with every default filled in. */
export type SmithConfig = z.output<typeof smithConfig>;

/** The configuration as a file gives it: everything is optional. */
export type SmithConfigInput = {
  readonly [Section in keyof SmithConfig]?: z.input<typeof smithConfig>[Section];
};
