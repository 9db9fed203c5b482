import { SmithError } from "@mister-smith/errors";
import { clusters, type TestCluster } from "./test-run.ts";

/** The default cluster: what an operator of this machine would get. */
export function cluster(): TestCluster {
  const [first] = clusters();
  if (first === undefined) {
    throw new SmithError("NO_TEST_CLUSTER", "the test run has no PostgreSQL cluster", {
      hint: "Run the tests with the project `integration`, whose global set-up starts the clusters.",
    });
  }
  return first;
}
