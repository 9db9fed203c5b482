import type { EffectiveConfig } from "../config/effective-config.ts";
import type { Context } from "../context.ts";
import type { Colours } from "../output/colours.ts";
import type { Progress } from "../output/progress.ts";
import { terminalOf } from "../output/terminal.ts";
import type { GlobalValues } from "./global-options.ts";
import type { World } from "./world.ts";

/** What the context is made of beside the global options. */
export interface ContextParts extends World {
  readonly colours: Colours;
  readonly progress: (doing: string) => Progress;
}

/** The context of one run. The configuration is read when it is first asked for, and once. */
export function createContext(globals: GlobalValues, parts: ContextParts): Context {
  const json = globals.json === true;
  let config: Promise<EffectiveConfig> | undefined;
  const load = async () => {
    const { loadConfig } = await import("../config/load-config.ts");
    return await loadConfig({ cwd: parts.cwd, env: parts.env, flags: globals });
  };
  let progress: Progress | undefined;
  const context: Context = {
    cwd: parts.cwd,
    env: parts.env,
    signal: parts.signal,
    json,
    colours: parts.colours,
    terminal: json ? null : terminalOf(parts.stdout, parts.stdin),
    progress(doing) {
      progress = parts.progress(doing);
      return progress;
    },
    say(line) {
      if (json) return;
      progress?.hide();
      parts.stdout.write(`${line}\n`);
    },
    note(line) {
      progress?.hide();
      parts.stderr.write(`${line}\n`);
    },
    config: () => {
      config ??= load();
      return config;
    },
    databaseUrl: async () => (await import("../config/server-urls.ts")).databaseUrlOf(await context.config()),
    natsUrl: async () => (await import("../config/server-urls.ts")).natsUrlOf(await context.config()),
  };
  return context;
}
