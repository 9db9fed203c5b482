/** A sign of life on stderr for work that takes over a second. */
export interface Progress extends Disposable {
  /** Says what is being done now. */
  update(doing: string): void;
  /** Takes the line away until it is next drawn, so that something else can be written. */
  hide(): void;
  /** Takes the line away for good. Safe to call twice. */
  end(): void;
}

/** What progress is written to: the part of stderr that is used. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): boolean;
}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const quietMs = 1000;
const frameMs = 100;
const clearLine = "\r\u001b[2K";

/** Shows what is being done after a second of it; nothing at all when the stream is no terminal. */
export function showProgress(stream: ProgressStream, doing: string): Progress {
  if (stream.isTTY !== true) return silentProgress;
  const started = Date.now();
  let text = doing;
  let drawn = 0;
  const timer = setInterval(() => {
    const elapsedMs = Date.now() - started;
    if (elapsedMs < quietMs) return;
    const line = `${frames[drawn++ % frames.length]} ${text} (${Math.floor(elapsedMs / 1000)} s)`;
    // A terminal that does not know its width says 0.
    stream.write(clearLine + line.slice(0, (stream.columns || 80) - 1));
  }, frameMs);
  timer.unref();
  const hide = () => {
    if (drawn > 0) stream.write(clearLine);
  };
  const end = () => {
    clearInterval(timer);
    hide();
    drawn = 0;
  };
  const update = (next: string) => {
    text = next;
  };
  return { update, hide, end, [Symbol.dispose]: end };
}

const silentProgress: Progress = {
  update: () => {},
  hide: () => {},
  end: () => {},
  [Symbol.dispose]: () => {},
};
