import { describe, expect, it } from "vitest";
import { adviseConfiguration, type ServerConfiguration } from "./advise-configuration.ts";
import {
  bytesSetting,
  durationSetting,
  type SettingState,
  settingNumber,
  settingText,
} from "./setting-value.ts";

const GiB = 1024 ** 3;
const machine = { memoryBytes: 24 * GiB, processors: 2 };

function state(name: string, setting: string, unit: string | null = null, rest: Partial<SettingState> = {}) {
  return { name, setting, unit, context: "sighup", pendingRestart: false, source: "default", ...rest };
}

function report(settings: readonly SettingState[], rest: Partial<ServerConfiguration> = {}, size = machine) {
  return adviseConfiguration(
    { settings, roles: [], overrides: [], libraries: ["pg_stat_statements"], ...rest },
    size,
  );
}

const wantedOf = (...given: Parameters<typeof report>) =>
  Object.fromEntries(report(...given).advice.map(({ name, wanted }) => [name, wanted]));

describe("settings as text", () => {
  it.each([
    ["16384", "8kB", 128 * 1024 ** 2, "128MB"],
    ["4096", "kB", 4 * 1024 ** 2, "4MB"],
    ["1024", "MB", GiB, "1GB"],
    ["300000", "ms", 300_000, "5min"],
    ["300", "s", 300_000, "5min"],
    ["0", "ms", 0, "0"],
    ["-1", "kB", -1024, "-1"],
    ["0.2", null, 0.2, "0.2"],
  ])("reads %s of %s", (setting, unit, number, text) => {
    expect(settingNumber({ setting, unit })).toBe(number);
    expect(settingText(state("a", setting, unit))).toBe(text);
  });

  it("writes sizes and times as PostgreSQL reads them", () => {
    expect([bytesSetting(6 * GiB), bytesSetting(1536 * 1024 ** 2), bytesSetting(8192)]).toEqual([
      "6GB",
      "1536MB",
      "8kB",
    ]);
    expect([3_600_000, 10_000, 1_500].map(durationSetting)).toEqual(["1h", "10s", "1500ms"]);
  });
});

it("asks for the figures of the production configuration, and for no more where they are reached", () => {
  const shipped = [
    state("autovacuum_vacuum_scale_factor", "0.2"),
    state("autovacuum_analyze_scale_factor", "0.1"),
    state("autovacuum_vacuum_cost_limit", "-1"),
    state("vacuum_cost_limit", "200"),
    state("statement_timeout", "0", "ms"),
    state("lock_timeout", "0", "ms"),
    state("idle_in_transaction_session_timeout", "0", "ms"),
    state("pg_stat_statements.max", "5000"),
    state("pg_stat_statements.track", "top"),
  ];
  const wanted = {
    autovacuum_vacuum_scale_factor: "0.05",
    autovacuum_analyze_scale_factor: "0.05",
    autovacuum_vacuum_cost_limit: "1000",
    statement_timeout: "5min",
    lock_timeout: "10s",
    idle_in_transaction_session_timeout: "1h",
    "pg_stat_statements.max": "10000",
    "pg_stat_statements.track": "all",
  };
  expect(wantedOf(shipped)).toEqual(wanted);
  const set = [
    state("autovacuum_vacuum_scale_factor", "0.01"),
    state("autovacuum_analyze_scale_factor", "0.05"),
    state("autovacuum_vacuum_cost_limit", "-1"),
    state("vacuum_cost_limit", "2000"),
    state("statement_timeout", "60000", "ms"),
    state("lock_timeout", "10000", "ms"),
    state("idle_in_transaction_session_timeout", "3600000", "ms"),
    state("pg_stat_statements.max", "50000"),
    state("pg_stat_statements.track", "all"),
  ];
  expect(report(set).advice).toEqual([]);
  expect(report(set).fine.length).toBe(8);
});

it("adds to the libraries that are loaded, and names none that the server could not load", () => {
  const name = "shared_preload_libraries";
  const loading = (setting: string) => [state(name, setting, null, { context: "postmaster" })];
  expect(report(loading("")).advice[0]).toMatchObject({
    wanted: ["pg_stat_statements"],
    takesEffect: "restart",
  });
  expect(wantedOf(loading('auto_explain, "pg_cron"'))).toEqual({
    [name]: ["auto_explain", "pg_cron", "pg_stat_statements"],
  });
  expect(wantedOf(loading("pg_stat_statements,auto_explain"))).toEqual({});
  expect(wantedOf(loading(""), { libraries: [] })).toEqual({});
});

it("goes by the size of the machine, and says nothing of sizes where that is not known", () => {
  const shipped = [
    state("shared_buffers", "16384", "8kB", { context: "postmaster" }),
    state("effective_cache_size", "524288", "8kB"),
    state("maintenance_work_mem", "65536", "kB"),
    state("work_mem", "4096", "kB"),
    state("max_connections", "100"),
    state("max_parallel_workers", "8"),
  ];
  expect(wantedOf(shipped)).toEqual({
    shared_buffers: "6GB",
    effective_cache_size: "18GB",
    maintenance_work_mem: "1GB",
    work_mem: "61MB",
  });
  expect(wantedOf(shipped, {}, { memoryBytes: 512 * 1024 ** 2, processors: 64 })).toEqual({
    effective_cache_size: "384MB",
    max_parallel_workers: "64",
  });
  expect(
    adviseConfiguration({ settings: shipped, roles: [], overrides: [], libraries: [] }, null).advice,
  ).toEqual([]);
});

it("leaves what somebody changed already and waits for a restart", () => {
  const changed = state("shared_buffers", "16384", "8kB", { context: "postmaster", pendingRestart: true });
  expect(report([changed])).toMatchObject({ advice: [], awaitsRestart: ["shared_buffers"] });
});

it("limits the connections of each role, and lets a tighter limit be", () => {
  const roles = [
    { name: "app_primary", connectionLimit: -1 },
    { name: "app_replica", connectionLimit: 15 },
    { name: "app_background", connectionLimit: 3 },
    { name: "app_analytics", connectionLimit: 50 },
  ];
  expect(wantedOf([], { roles })).toEqual({ app_primary: "20", app_analytics: "10" });
});

it("says where a change of the server's files would not count", () => {
  const given = state("autovacuum", "off", null, { source: "command line" });
  expect(report([given]).advice[0]).toMatchObject({ wanted: "on", takesEffect: "command line" });
});

it("tells what is set otherwise for a database or a role, and what this role may not see", () => {
  const of = (setting: string) => ({
    name: "statement_timeout",
    setting,
    unit: "ms",
    database: "app",
    role: null,
  });
  const { overrides, advice, notVisible } = report([state("statement_timeout", "300000", "ms")], {
    overrides: [of("0"), of("60000")],
  });
  expect([overrides, advice]).toMatchObject([[{ setting: "0", database: "app" }], []]);
  expect(notVisible).toContain("shared_preload_libraries");
  expect(notVisible.filter((name) => name.includes("."))).toEqual([]);
});
