import type { SmithConfigInput } from "./config/smith-config.ts";

export type { SmithConfig, SmithConfigInput } from "./config/smith-config.ts";

/** Gives a `smith.config.ts` its types: `export default defineConfig({ … })`. Returns what it is given. */
export function defineConfig(config: SmithConfigInput): SmithConfigInput {
  return config;
}
