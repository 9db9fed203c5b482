/** A terminal that a command may draw on. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
  /** Hears every key until it is disposed; nothing where nobody can press one. */
  onKey(hear: (key: string) => void): Disposable;
}

/** The part of stdin that is used. */
export interface KeyStream {
  readonly isTTY?: boolean;
  setRawMode(raw: boolean): unknown;
  resume(): unknown;
  pause(): unknown;
  on(event: "data", hear: (data: Uint8Array) => void): unknown;
  off(event: "data", hear: (data: Uint8Array) => void): unknown;
}

/** The part of stdout that is used. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): boolean;
}

/** The terminal of these streams; null where stdout is none. */
export function terminalOf(stdout: TerminalStream, stdin: KeyStream | undefined): Terminal | null {
  if (stdout.isTTY !== true) return null;
  return {
    // A terminal that does not know its size says 0; and it may become another one.
    get columns() {
      return stdout.columns || 80;
    },
    get rows() {
      return stdout.rows || 24;
    },
    write: (text) => void stdout.write(text),
    onKey: (hear) => (stdin?.isTTY === true ? keysOf(stdin, hear) : { [Symbol.dispose]: () => {} }),
  };
}

function keysOf(stdin: KeyStream, hear: (key: string) => void): Disposable {
  const onData = (data: Uint8Array) => hear(Buffer.from(data).toString("utf8"));
  stdin.setRawMode(true);
  stdin.resume();
  stdin.on("data", onData);
  return {
    [Symbol.dispose]: () => {
      stdin.off("data", onData);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
