import { exitCodes } from "../exit-codes.ts";
import { Interrupted } from "../interrupted.ts";
import { runSmith } from "./run-smith.ts";

// How long something that was left open may keep the process after its command is done.
const lingerMs = 1_000;

/** Runs a command line in this process, signals and closed pipes included, and ends it with the command's code. */
export async function runProcess(argv: readonly string[]): Promise<void> {
  const abort = new AbortController();
  leaveWhenTheReaderIsGone();
  stopOnSignals(abort);
  const { env, stdin, stdout, stderr } = process;
  const code = await runSmith(argv, { cwd: process.cwd(), env, signal: abort.signal, stdin, stdout, stderr });
  // A pipe is written asynchronously: what is still in the buffer must reach the reader before the exit.
  await Promise.all([stdout, stderr].map((stream) => new Promise((done) => stream.write("", done))));
  // Node.js 24 can hang for minutes in an explicit exit while a compiler thread of it is busy
  // (https://github.com/nodejs/node/issues/54918); a process that runs out of work does not.
  process.exitCode = code;
  setTimeout(() => process.exit(code), lingerMs).unref();
}

function leaveWhenTheReaderIsGone(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(exitCodes["output-closed"].code);
      throw error;
    });
  }
}

// A terminal sends Ctrl-C to every process of its group, and npm and the launcher pass it on once more: what comes
// within this time is the same press.
const samePressMs = 1_000;

// The first signal lets the command clean up; whoever presses Ctrl-C again wants out at once.
function stopOnSignals(abort: AbortController): void {
  let firstAtMs = 0;
  for (const [signal, exit] of [
    ["SIGINT", exitCodes.interrupted],
    ["SIGTERM", exitCodes.terminated],
  ] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted && performance.now() - firstAtMs > samePressMs) process.exit(exit.code);
      if (abort.signal.aborted) return;
      firstAtMs = performance.now();
      abort.abort(new Interrupted(signal));
    });
  }
}
