import type { GlobalValues } from "../program/global-options.ts";
import type { EffectiveConfig } from "./effective-config.ts";
import { readConfigFile } from "./read-config-file.ts";
import { resolveConfig } from "./resolve-config.ts";
import { withEmbedded } from "./with-embedded.ts";

/** Where a configuration is read from. */
export interface ConfigSources {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: GlobalValues;
}

/**
 * The effective configuration: defaults, overridden by the file, by the environment, by flags; where
 * no URL is given, those of a running embedded system.
 *
 * Throws a {@link ConfigError} that lists everything that is wrong.
 */
export async function loadConfig({ cwd, env, flags }: ConfigSources): Promise<EffectiveConfig> {
  const file = await readConfigFile(cwd, flags.config);
  return await withEmbedded(resolveConfig({ file, env, flags }), cwd);
}
