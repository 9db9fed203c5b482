import { type SettingState, settingText } from "./setting-value.ts";
import { type MachineSize, type Others, wantedSettings } from "./wanted-settings.ts";

/** How many connections each role may have, by the specification's production configuration. */
export const roleLimits: Readonly<Record<string, number>> = {
  app_primary: 20,
  app_replica: 15,
  app_background: 5,
  app_analytics: 10,
};

/** A setting of a database, of a role, or of a role in a database. */
export interface SettingOverride {
  readonly name: string;
  /** Its number as `pg_settings` would have it. */
  readonly setting: string;
  readonly unit: string | null;
  /** Null for every database, or every role. */
  readonly database: string | null;
  readonly role: string | null;
}

/** How a server is set now. */
export interface ServerConfiguration {
  readonly settings: readonly SettingState[];
  /** The roles that there are of those in {@link roleLimits}; -1 is without limit. */
  readonly roles: readonly { readonly name: string; readonly connectionLimit: number }[];
  /** What is set for this database, or for one of these roles, and prevails over the server's own value. */
  readonly overrides: readonly SettingOverride[];
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
  /** What is set otherwise for a database or a role: somebody's choice, which is told and never changed here. */
  readonly overrides: readonly (SettingOverride & { readonly why: string })[];
  /** What this role may not see. */
  readonly notVisible: readonly string[];
}

/**
 * Holds how a server is set against the specification's production configuration, and against what its machine's size calls
 * for. Without `machine` nothing is said of sizes.
 */
export function adviseConfiguration(
  { settings, roles, overrides, libraries }: ServerConfiguration,
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
  const notVisible: string[] = [];
  for (const { name, why, better } of wantedSettings) {
    const state = byName.get(name);
    if (state === undefined) {
      // Those of a library are there when it was loaded.
      if (!name.includes(".")) notVisible.push(name);
      continue;
    }
    const found = settingText(state);
    if (state.pendingRestart) awaitsRestart.push(name);
    const wanted = better(state, others);
    if (wanted === null) fine.push({ name, found });
    // What waits for a restart was changed by somebody: to change it again would undo that unseen.
    else if (!state.pendingRestart)
      advice.push({ kind: "setting", name, found, wanted, why, takesEffect: effectOf(state) });
  }
  const limits = roles.map(limitOf);
  advice.push(...limits.flatMap((limit) => ("wanted" in limit ? [limit] : [])));
  fine.push(...limits.filter((limit) => !("wanted" in limit)));
  return {
    advice,
    fine,
    awaitsRestart,
    overrides: overrides.flatMap((one) => worse(one, others)),
    notVisible,
  };
}

/** The limit of a role: what should be another one, or what it is. */
function limitOf({
  name,
  connectionLimit,
}: ServerConfiguration["roles"][number]):
  | ConfigurationAdvice
  | { readonly name: string; readonly found: string } {
  const limit = roleLimits[name] ?? Number.POSITIVE_INFINITY;
  const found = connectionLimit === -1 ? "without limit" : String(connectionLimit);
  if (connectionLimit >= 0 && connectionLimit <= limit) return { name, found };
  return { kind: "role", name, found, wanted: String(limit), why: whyLimit, takesEffect: "reload" };
}

/** An override that leaves new sessions without what the server's own value would give. */
function worse(override: SettingOverride, others: Others): (SettingOverride & { readonly why: string })[] {
  const wanted = wantedSettings.find(({ name }) => name === override.name);
  if (wanted === undefined) return [];
  const state = { ...override, context: "user", pendingRestart: false, source: "database" };
  return wanted.better(state, others) === null ? [] : [{ ...override, why: wanted.why }];
}

const whyLimit = "one role that runs wild leaves connections for the others";

function effectOf({ context, source }: SettingState): TakesEffect {
  if (source === "command line" || source === "environment variable") return "command line";
  return context === "postmaster" ? "restart" : "reload";
}
