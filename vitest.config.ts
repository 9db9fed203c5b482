import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Packages are tested from their sources: no build between an edit and its test.
const conditions = ["@mister-smith/source", "node"];
const fromSource = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  // Vitest runs global set-ups in an environment of its own.
  environments: { __vitest__: { resolve: { conditions } } },
};

export default defineConfig({
  test: {
    reporters: ["default", "./tooling/testkit/src/summary-reporter.ts"],
    projects: [
      {
        ...fromSource,
        test: {
          name: "unit",
          // One project after the other: they differ in their number of workers.
          sequence: { groupOrder: 0 },
          include: ["{packages,apps,tooling}/*/src/**/*.test.ts"],
          // They share no state: a module is loaded once for all, not once for each file.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        ...fromSource,
        test: {
          name: "integration",
          sequence: { groupOrder: 1 },
          include: ["{packages,apps,tooling}/*/test/integration/**/*.test.ts"],
          globalSetup: ["tooling/testkit/src/global-setup.ts"],
          pool: "forks",
          // They wait for servers and timers more than they compute.
          maxWorkers: 3,
          // To load the packages anew takes seconds of computing for each file; each file has its own databases.
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // The programs that tests start from their sources are compiled once, not at each start.
          env: { NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/node", import.meta.url)) },
        },
      },
    ],
  },
});
