import { setTimeout } from "node:timers/promises";
import type { Colours } from "../../output/colours.ts";
import type { Terminal } from "../../output/terminal.ts";
import type { ScreenReader } from "./read-screen.ts";
import { screenLines } from "./screen-lines.ts";

const enter = "\u001b[?1049h\u001b[?25l";
const leave = "\u001b[?25h\u001b[?1049l";
const home = "\u001b[H";
const clearLine = "\u001b[K";
const clearBelow = "\u001b[J";
// In raw mode Ctrl-C and Ctrl-D come as keys.
const endKeys: ReadonlySet<string> = new Set(["q", "Q", "\u0003", "\u0004", "\u001b"]);

/** Draws a frame every so often, until somebody presses q or the signal aborts. The terminal is as it was before, whatever happens. */
export async function liveScreen(
  terminal: Terminal,
  reader: ScreenReader,
  {
    everyMs,
    signal,
    colours,
  }: { readonly everyMs: number; readonly signal: AbortSignal; readonly colours: Colours },
): Promise<void> {
  const ended = new AbortController();
  const either = AbortSignal.any([signal, ended.signal]);
  using _keys = terminal.onKey((key) => {
    if (endKeys.has(key)) ended.abort();
  });
  terminal.write(enter);
  try {
    while (!either.aborted) {
      const data = await reader.next();
      const { columns, rows } = terminal;
      const lines = screenLines(data, { columns, rows: rows - 2 }, colours);
      const foot = colours.dim(`every ${everyMs / 1_000} s, q ends`);
      const drawn = [...lines, "", foot].map((line) => `${line}${clearLine}`).join("\r\n");
      if (!either.aborted) terminal.write(`${home}${drawn}${clearBelow}`);
      await setTimeout(everyMs, undefined, { signal: either }).catch(() => {});
    }
  } finally {
    terminal.write(leave);
  }
  signal.throwIfAborted();
}
