/** The configuration as `smith` reads it, for what else runs by it. */
export { type DaemonRole, daemonRoles } from "./daemon-config.ts";
export type { EffectiveConfig } from "./effective-config.ts";
export { instanceOf } from "./instance-of.ts";
export { type ConfigSources, loadConfig } from "./load-config.ts";
export { databaseUrlOf, natsUrlOf } from "./server-urls.ts";
export type { SmithConfig } from "./smith-config.ts";
