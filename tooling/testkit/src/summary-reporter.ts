import type { Reporter, TestModule } from "vitest/node";

/** Ends the run with the plain line `N passed, N failed` that any continuous integration can read. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const skipped: string[] = [];
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      // A file that cannot be loaded has no tests: it counts as one that failed.
      if (module.state() === "failed" && tests.every((test) => test.result().state !== "failed"))
        count.failed += 1;
      for (const test of tests) {
        const { state, note } = { note: undefined, ...test.result() };
        if (state === "pending") continue;
        count[state] += 1;
        if (state === "skipped") skipped.push(`${test.fullName}${note === undefined ? "" : ` (${note})`}`);
      }
    }
    // The default reporter prints its own summary in the same turn; this line must be the last.
    process.on("exit", () => {
      for (const name of skipped) console.log(`skipped: ${name}`);
      const tail = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
      console.log(`${count.passed} passed, ${count.failed} failed${tail}`);
    });
  }
}
