import { describe, expect, it } from "vitest";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import { judgeFailure, retryDelayMs } from "./judge-failure.ts";

const away = new SyncError("NATS_UNREACHABLE", "no stream takes the subject", { retryable: true });
const tooLarge = Object.assign(new Error("too large"), { name: "JetStreamApiError", code: 10_054 });
const illegal = Object.assign(new Error("illegal subject: 'a b'"), { name: "InvalidSubjectError" });
const full = Object.assign(new Error("maximum messages exceeded"), {
  name: "JetStreamApiError",
  code: 10_077,
});

describe("an event that could not be delivered", () => {
  it.each([
    ["the server is away, however often", away, 1_000, false, "retry"],
    ["the stream is full, however often", full, 1_000, false, "retry"],
    ["others pass, but it was not tried often enough", away, 7, true, "retry"],
    ["others pass, and it was tried often enough", away, 8, true, "park"],
    ["it is too large", tooLarge, 1, false, "park"],
    ["it is too large, behind an error of ours", asSyncError(tooLarge, "bring it"), 1, false, "park"],
    ["its subject cannot be", illegal, 1, false, "park"],
  ])("because %s", (_why, error, attempts, othersPass, verdict) => {
    expect(judgeFailure({ error, attempts, maxAttempts: 8, othersPass }).do).toBe(verdict);
  });

  it("is tried after longer and longer pauses, up to the longest", () => {
    const pauses = [1, 2, 3, 12, 5_000].map((attempts) => retryDelayMs(attempts, 10_000, () => 0));
    expect(pauses).toEqual([100, 200, 400, 10_000, 10_000]);
  });
});
