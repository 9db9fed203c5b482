import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { showProgress } from "./progress.ts";

const stream = (isTTY: boolean) => {
  const written: string[] = [];
  return { isTTY, columns: 30, written, write: (text: string) => written.push(text) > 0 };
};

describe("showing progress", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is silent for what takes less than a second", () => {
    const terminal = stream(true);
    const progress = showProgress(terminal, "looking");
    vi.advanceTimersByTime(900);
    progress.end();
    expect(terminal.written).toEqual([]);
  });

  it("says what is being done after a second, in one line that fits, and takes it away at the end", () => {
    const terminal = stream(true);
    const progress = showProgress(terminal, "looking at something with a very long name");
    vi.advanceTimersByTime(1500);
    expect(terminal.written.at(-1)).toContain("looking at something");
    expect(terminal.written.at(-1)?.replace("\r\u001b[2K", "").length).toBeLessThan(30);
    progress.end();
    expect(terminal.written.at(-1)).toBe("\r\u001b[2K");
    const lines = terminal.written.length;
    vi.advanceTimersByTime(5000);
    expect(terminal.written).toHaveLength(lines);
  });

  it("never writes to what is no terminal", () => {
    const pipe = stream(false);
    const progress = showProgress(pipe, "looking");
    vi.advanceTimersByTime(5000);
    progress.end();
    expect(pipe.written).toEqual([]);
  });
});
