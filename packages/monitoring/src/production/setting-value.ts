/** A setting as `pg_settings` has it. */
export interface SettingState {
  readonly name: string;
  /** Its number without a unit, or its text. */
  readonly setting: string;
  /** What its number counts: `8kB`, `ms` …; null for none. */
  readonly unit: string | null;
  /** `postmaster`: a change takes a restart. */
  readonly context: string;
  /** Whether it was changed, and takes a restart that has not been. */
  readonly pendingRestart: boolean;
  /** Where its value comes from: `configuration file`, `command line`, `default` … */
  readonly source: string;
}

const sizes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1024,
  "8kB": 8192,
  "16kB": 16_384,
  "32kB": 32_768,
  MB: 1024 ** 2,
  "16MB": 16 * 1024 ** 2,
  GB: 1024 ** 3,
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
};

/** Its number in bytes, in milliseconds, or as it stands where it has no unit; NaN for what is none. */
export function settingNumber({ setting, unit }: Pick<SettingState, "setting" | "unit">): number {
  const factor = unit === null ? 1 : (sizes[unit] ?? Number.NaN);
  return setting.trim() === "" ? Number.NaN : Number(setting) * factor;
}

/** Bytes as PostgreSQL reads them, in whole units of the largest kind that has no remainder: `4GB`, `384MB`. */
export function bytesSetting(bytes: number): string {
  for (const unit of ["GB", "MB", "kB"] as const) {
    const size = sizes[unit] as number;
    if (bytes >= size && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return `${Math.round(bytes / 1024)}kB`;
}

/** A setting as people write it: `128MB`, `5min`, `on`. */
export function settingText(state: SettingState): string {
  const { setting, unit } = state;
  const value = settingNumber(state);
  if (unit === null || Number.isNaN(value) || value < 0) return setting === "" ? "empty" : setting;
  if (value === 0) return "0";
  return unit.endsWith("B") ? bytesSetting(value) : durationSetting(value);
}

/** Milliseconds as PostgreSQL reads them: `5min`, `10s`. */
export function durationSetting(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0) return `${ms / 60_000}min`;
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}
