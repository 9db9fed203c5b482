import type { Exposition } from "../history/exposition.ts";
import type { OverviewDocument } from "./overview-document.ts";

/** The task queue as the metrics show it, the types with the most first; null where it was not measured. */
export function queueOf(shown: Exposition): OverviewDocument["queue"] {
  // Where there is no task, there is no type either, and no series; what is measured with it says that it was measured.
  if (!shown.has("smith_tasks_ready") && !shown.has("smith_pg_info")) return null;
  const rows = (shown.get("smith_tasks_ready")?.samples ?? []).map(({ labels }) => {
    const type = labels["task_type"] ?? "";
    const value = (name: string) =>
      shown.get(name)?.samples.find((one) => one.labels["task_type"] === type)?.value ?? 0;
    return {
      type,
      ready: value("smith_tasks_ready"),
      running: value("smith_tasks_running"),
      delayed: value("smith_tasks_delayed"),
      dead: value("smith_tasks_dead"),
      oldestReadySeconds: value("smith_tasks_oldest_ready_seconds"),
    };
  });
  const sum = (key: "ready" | "running" | "delayed" | "dead") => rows.reduce((all, row) => all + row[key], 0);
  return {
    ready: sum("ready"),
    running: sum("running"),
    delayed: sum("delayed"),
    dead: sum("dead"),
    oldestReadySeconds: Math.max(0, ...rows.map(({ oldestReadySeconds }) => oldestReadySeconds)),
    types: rows.sort((a, b) => b.ready + b.running + b.dead - (a.ready + a.running + a.dead)),
  };
}
