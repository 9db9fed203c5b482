import type { StateDifference, VerifyReport } from "@mister-smith/sync";
import { describe, expect, it } from "vitest";
import { coloursFor } from "../output/colours.ts";
import { verifyText } from "./verify-text.ts";

const difference = (n: number): StateDifference => ({
  key: { agentId: "a", stateKey: `k${n}` },
  subject: `$KV.AGENT_STATE.a.k${n}`,
  cause: "undecided",
  ahead: "neither",
  explanation: "nothing tells",
  revision: n,
  version: 1,
  repair: "none",
});

function textOf(differences: number, listed: number): string {
  const report: VerifyReport = {
    keys: differences,
    rows: differences,
    differences,
    isClean: false,
    openDifferences: differences,
    listed: Array.from({ length: listed }, (_, n) => difference(n)),
    byCause: { undecided: differences },
    unsettled: 0,
    goneUnflushed: undefined,
    tookMs: 1,
  };
  return verifyText(report, false, coloursFor({ env: {}, isTerminal: false }));
}

describe("what a comparison found, for people", () => {
  it("says where the differences are that it does not show, and of how many the document says nothing", () => {
    expect(textOf(50, 50)).not.toContain("more");
    expect(textOf(51, 51)).toContain("and 1 more; --json lists them");
    expect(textOf(12_050, 10_000)).toContain(
      "and 12000 more; --json lists the first 10000, and --agent and --key",
    );
  });

  it("says nothing of what is gone where that was not counted", () => {
    expect(textOf(1, 1)).not.toContain("left the bucket");
  });
});
