import { defineConfig } from "vitest/config";

const resolve = { conditions: ["@mister-smith/source", "node"] };
const ssr = {
  resolve: {
    conditions: ["@mister-smith/source", "node"],
    externalConditions: ["@mister-smith/source", "node"],
  },
};

export default defineConfig({
  resolve,
  ssr,
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: "unit",
          include: ["{packages,apps,tooling}/*/src/**/*.test.ts"],
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: "integration",
          include: ["{packages,apps,tooling}/*/test/integration/**/*.test.ts"],
          globalSetup: ["tooling/testkit/src/global-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          pool: "forks",
          maxWorkers: 2,
        },
      },
    ],
  },
});
