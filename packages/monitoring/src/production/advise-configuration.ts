import { type SettingState, settingText } from "./setting-value.ts";
import { type MachineSize, wantedSettings } from "./wanted-settings.ts";

/** How many connections each role may have, by the specification's production configuration. */
export const roleLimits: Readonly<Record<string, number>> = {
  app_primary: 20,
  app_replica: 15,
  app_background: 5,
  app_analytics: 10,
};

/** How a server is set now. */
export interface ServerConfiguration {
  readonly settings: readonly SettingState[];
  /** The roles that there are of those in {@link roleLimits}; -1 is without limit. */
  readonly roles: readonly { readonly name: string; readonly connectionLimit: number }[];
  /** The libraries of {@link wantedSettings} that the server could load. */
  readonly libraries: readonly string[];
}

/**
 * What a change takes: that the server reads its files again, or a restart; or a change of the command line that starts the
 * server, which no file prevails over.
 */
export type TakesEffect = "reload" | "restart" | "command line";

/** What should be set otherwise, and why. */
export interface ConfigurationAdvice {
  readonly kind: "setting" | "role";
  readonly name: string;
  readonly found: string;
  /** One value, or the members of a list. */
  readonly wanted: string | readonly string[];
  readonly why: string;
  readonly takesEffect: TakesEffect;
}

/** How a server stands to what production calls for. */
export interface ConfigurationReport {
  readonly advice: readonly ConfigurationAdvice[];
  /** What was looked at, and is as it should be. */
  readonly fine: readonly { readonly name: string; readonly found: string }[];
  /** What was changed already, and counts after a restart. */
  readonly awaitsRestart: readonly string[];
}

/**
 * Holds how a server is set against the specification's production configuration, and against what its machine's size calls
 * for. Without `machine` nothing is said of sizes.
 */
export function adviseConfiguration(
  { settings, roles, libraries }: ServerConfiguration,
  machine: MachineSize | null,
): ConfigurationReport {
  const byName = new Map(settings.map((state) => [state.name, state]));
  const others = {
    machine,
    setting: (name: string) => byName.get(name),
    canLoad: (library: string) => libraries.includes(library),
  };
  const advice: ConfigurationAdvice[] = [];
  const fine: { name: string; found: string }[] = [];
  const awaitsRestart: string[] = [];
  for (const { name, why, better } of wantedSettings) {
    const state = byName.get(name);
    if (state === undefined) continue;
    const found = settingText(state);
    if (state.pendingRestart) awaitsRestart.push(name);
    const wanted = better(state, others);
    if (wanted === null) fine.push({ name, found });
    // What waits for a restart was changed by somebody: to change it again would undo that unseen.
    else if (!state.pendingRestart)
      advice.push({ kind: "setting", name, found, wanted, why, takesEffect: effectOf(state) });
  }
  for (const { name, connectionLimit } of roles) {
    const limit = roleLimits[name];
    if (limit === undefined) continue;
    const found = connectionLimit === -1 ? "without limit" : String(connectionLimit);
    if (connectionLimit >= 0 && connectionLimit <= limit) fine.push({ name, found });
    else
      advice.push({ kind: "role", name, found, wanted: String(limit), why: whyLimit, takesEffect: "reload" });
  }
  return { advice, fine, awaitsRestart };
}

const whyLimit = "one role that runs wild leaves connections for the others";

function effectOf({ context, source }: SettingState): TakesEffect {
  if (source === "command line" || source === "environment variable") return "command line";
  return context === "postmaster" ? "restart" : "reload";
}
