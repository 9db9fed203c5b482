import type { BlockingSession, MigrationEvent } from "@mister-smith/schema";
import type { Context } from "../context.ts";
import { durationText } from "../output/duration-text.ts";
import type { Progress } from "../output/progress.ts";

/** Tells people what a running migration command is doing. */
export function followEvents(context: Context, progress: Progress): (event: MigrationEvent) => void {
  let saidWaiting = false;
  return (event) => {
    switch (event.type) {
      case "waiting-for-runner":
        if (!saidWaiting) context.note(`another runner is at work${holder(event.holder)}; waiting for it`);
        saidWaiting = true;
        progress.update("waiting for another runner");
        return;
      case "migration-started":
        progress.update(`${event.position} of ${event.total}: ${event.file}`);
        return;
      case "migration-finished":
        context.say(
          `${event.direction === "up" ? "applied" : "undone"}  ${event.file}  ${durationText(event.durationMs)}`,
        );
        return;
      case "lock-retry":
        context.note(
          `${event.file}:${event.line} waits for a lock${holder(event.blockers[0])}; attempt ${event.attempt + 1} in ${durationText(event.delayMs)}`,
        );
        return;
      case "resumed":
        context.note(`${event.file}:${event.line} was interrupted before: ${resumed[event.found]}`);
        return;
      case "statement-finished":
        return;
    }
  };
}

const resumed = {
  done: "it was done",
  "removed-invalid-index": "the invalid index it left was removed and is built again",
  "finished-detach": "the detaching it began was finished",
} as const;

function holder(session: BlockingSession | null | undefined): string {
  if (session === null || session === undefined) return "";
  const since = session.since === null ? "" : ` since ${session.since}`;
  return `, held by process ${session.pid} (${session.application ?? "?"}, ${session.user ?? "?"}${since})`;
}
