import { describe, expect, it } from "vitest";
import { parsePostmasterPid } from "./postmaster-pid.ts";

const lines = ["4711", "/data", "1700000000", "5433", "", "127.0.0.1", "  12345  0", "ready   ", ""];

describe("what a server says in postmaster.pid", () => {
  it("is its process, port and status", () => {
    expect(parsePostmasterPid(lines.join("\n"))).toEqual({ pid: 4711, port: 5433, status: "ready" });
  });

  it("is not complete while it starts", () => {
    expect(parsePostmasterPid(lines.slice(0, 3).join("\n"))).toEqual({
      pid: 4711,
      port: undefined,
      status: undefined,
    });
  });

  it("has a negative process id when it runs in single-user mode", () => {
    expect(parsePostmasterPid("-4711\n/data\n")?.pid).toBe(4711);
  });

  it.each(["", "\n", "rubbish\n"])("is nothing in %j", (text) => {
    expect(parsePostmasterPid(text)).toBeUndefined();
  });
});
