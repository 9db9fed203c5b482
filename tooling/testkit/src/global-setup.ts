import { randomBytes } from "node:crypto";
import type { TestProject } from "vitest/node";
import { startClusters } from "./embedded-clusters.ts";
import { useExternalCluster } from "./external-cluster.ts";
import { useMemoryFolder } from "./memory-folder.ts";
import type { TestCluster } from "./test-run.ts";

interface RunClusters {
  readonly clusters: readonly TestCluster[];
  readonly release: () => Promise<void>;
}

/** Vitest's global set-up: clusters for the whole run, told to every worker, which inherit the environment. Returns the tear-down. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const id = randomBytes(5).toString("hex");
  const forgetMemory = await useMemoryFolder();
  const external = process.env["SMITH_TEST_DATABASE_URL"];
  const { clusters, release } =
    external === undefined || external === "" ? await ownClusters() : await externalCluster(external, id);
  project.provide("smithTestRun", { id, clusters });
  return async () => {
    await release();
    await forgetMemory();
  };
}

async function externalCluster(url: string, runId: string): Promise<RunClusters> {
  const { cluster, release } = await useExternalCluster(url, runId);
  return { clusters: [cluster], release };
}

async function ownClusters(): Promise<RunClusters> {
  const started = await startClusters();
  return {
    clusters: started.map(({ url, version }) => ({ url, major: version.major })),
    release: async () => {
      await Promise.all(started.map((cluster) => cluster.stop()));
    },
  };
}
