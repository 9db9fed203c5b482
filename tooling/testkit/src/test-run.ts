import { inject } from "vitest";

/** A PostgreSQL cluster that tests may use as superuser. */
export interface TestCluster {
  /** The major version of its server. */
  readonly major: number;
  /** The URL of its database `postgres`. */
  readonly url: string;
}

/** What one run of the tests shares between its workers. */
export interface TestRun {
  /** Part of the name of every database of this run. */
  readonly id: string;
  /** The default one first. */
  readonly clusters: readonly TestCluster[];
}

declare module "vitest" {
  interface ProvidedContext {
    smithTestRun: TestRun;
  }
}

/** The run that this worker belongs to; filled by the global set-up. */
export function testRun(): TestRun {
  return inject("smithTestRun");
}

/** Every cluster of the run, one for each major version at hand: for `describe.each`. */
export function clusters(): readonly TestCluster[] {
  return testRun().clusters;
}
