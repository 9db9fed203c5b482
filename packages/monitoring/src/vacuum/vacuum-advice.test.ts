import { expect, it } from "vitest";
import type { TableChurn } from "./table-churn.ts";
import { adviseVacuum } from "./vacuum-advice.ts";

const hour = 3_600_000;
const MiB = 1024 ** 2;
const quiet: TableChurn = {
  schema: "agents",
  table: "state",
  rows: 1_000_000,
  bytes: 500 * MiB,
  deadRows: 0,
  overMs: 24 * hour,
  inserted: 0,
  updated: 0,
  movedForRoom: 0,
  deleted: 0,
  deadRowsTrigger: 200_050,
  insertedTrigger: 201_000,
  vacuums: 0,
  isAutovacuumOn: true,
  fillfactor: 100,
  parameters: {},
};
const advised = (given: Partial<TableChurn>) => adviseVacuum({ ...quiet, ...given })?.parameters ?? {};

it("lets be what does not change, what is small, and what is set well", () => {
  expect(adviseVacuum(quiet)).toBeNull();
  expect(advised({ rows: 10_000, bytes: MiB, updated: 1_000_000, deadRowsTrigger: 2_050 })).toEqual({});
  expect(advised({ updated: 1_000_000, deadRowsTrigger: 50_000 })).toEqual({});
  expect(advised({ updated: 1_000_000, deadRowsTrigger: 65_000 })).toEqual({});
});

it("lets autovacuum come when a twentieth is dead, and not every few minutes", () => {
  expect(advised({ updated: 1_000_000 })).toEqual({
    autovacuum_vacuum_scale_factor: "0",
    autovacuum_vacuum_threshold: "50000",
  });
  // 100 rows a millisecond: ten minutes of that are more than a twentieth, and than what lets autovacuum come now.
  expect(advised({ updated: 100 * 24 * hour })).toEqual({});
  // Ten minutes of 0.15 a millisecond.
  expect(advised({ updated: 0.15 * 24 * hour })).toMatchObject({ autovacuum_vacuum_threshold: "90000" });
});

it("says what is to be expected", () => {
  expect(adviseVacuum({ ...quiet, updated: 1_200_000, deleted: 1_200_000 })?.reasons).toEqual([
    "autovacuum comes when 200050 rows are dead (100 MB), which takes 2 h at this churn; it would come at 50000 (25 MB), every 30 min",
  ]);
});

it("switches autovacuum on again where somebody switched it off", () => {
  expect(advised({ isAutovacuumOn: false })).toEqual({});
  expect(advised({ isAutovacuumOn: false, updated: 10, deadRowsTrigger: 10 })).toEqual({
    autovacuum_enabled: null,
  });
});

it("has pages marked more often where rows are only added", () => {
  expect(advised({ inserted: 500_000 })).toEqual({
    autovacuum_vacuum_insert_scale_factor: "0",
    autovacuum_vacuum_insert_threshold: "20000",
  });
  expect(advised({ inserted: 500_000, deleted: 100_000, deadRowsTrigger: 50_000 })).toEqual({});
});

it("leaves room on pages where updates had to leave theirs, which a server before 16 does not tell", () => {
  const updated = { updated: 1_000_000, deadRowsTrigger: 50_000 };
  expect(advised({ ...updated, movedForRoom: 300_000 })).toEqual({ fillfactor: "85" });
  expect(advised({ ...updated, movedForRoom: 900_000 })).toEqual({ fillfactor: "75" });
  expect(advised({ ...updated, movedForRoom: 100_000 })).toEqual({});
  expect(advised({ ...updated, movedForRoom: 900_000, fillfactor: 70 })).toEqual({});
  expect(advised({ ...updated, movedForRoom: null })).toEqual({});
});

it("lets autovacuum come less often where what was once set makes it come without end", () => {
  const set = { autovacuum_vacuum_scale_factor: "0", autovacuum_vacuum_threshold: "5000" };
  const grown = { rows: 10_000_000, updated: 200_000_000, deadRowsTrigger: 5_000, parameters: set };
  expect(advised(grown)).toMatchObject({ autovacuum_vacuum_threshold: "1300000" });
  expect(advised({ ...grown, updated: 20_000, deadRowsTrigger: 400_000 })).toEqual({});
  // By the server's own settings it comes when a share of the table is dead, never without end.
  expect(advised({ ...grown, parameters: {} })).toEqual({});
});
