import { z } from "zod";
import type { Executor } from "../executor/executor.ts";
import { sql } from "../statement/sql.ts";
import { catchUp } from "../tasks/maintain-tasks.ts";
import { isStillDue } from "../tasks/run-due-schedules.ts";
import { mostRuns } from "../tasks/schedules.ts";
import type { Tasks } from "../tasks/tasks.ts";
import type { Duty } from "./worker-ports.ts";

/** At most how much one statement does. */
const most = 1_000;
/** When to look again at what is due and was not run, in milliseconds: another has it, or a lock is in its way. */
const overdueMs = 1_000;
const count = z.object({ count: z.int() });

/** What somebody must see to wherever tasks are worked on. Each in a transaction of its own: none waits for another's locks. */
export function upkeepOf(
  on: { readonly background: Executor; readonly tasks: Pick<Tasks, "runDueSchedules"> },
  intervalMs: number,
): readonly Duty[] {
  const counted = (name: string, everyMs: number, statement: ReturnType<typeof counting>): Duty => ({
    name,
    intervalMs: everyMs,
    run: async () => {
      const done = await on.background.write.oneFirst(statement, { idempotent: true });
      return done < most ? undefined : 0;
    },
  });
  return [
    counted(
      "take tasks from workers that are not heard of",
      intervalMs,
      counting(sql.fragment`tasks.expire_leases(${most})`),
    ),
    counted(
      "cancel tasks that have expired",
      intervalMs,
      counting(sql.fragment`tasks.expire_tasks(${most})`),
    ),
    {
      name: "look again at tasks that others' transactions could not see",
      intervalMs,
      run: async () => {
        const done =
          (await on.background.write.oneFirst(revisiting, { idempotent: true })) ??
          (await catchUp(on.background, most));
        return done < most ? undefined : 0;
      },
    },
    counted(
      "forget order keys without tasks",
      intervalMs * 12,
      counting(sql.fragment`tasks.forget_order_keys(${most})`),
    ),
    {
      name: "enqueue the tasks of due schedules",
      intervalMs,
      run: async (report) => {
        const runs = await on.tasks.runDueSchedules();
        for (const { error } of runs) if (error !== null) report(error);
        if (runs.filter((run) => !isStillDue(run)).length >= mostRuns) return 0;
        const inMs = await on.background.write.oneFirst(nextSchedule);
        if (inMs === null) return undefined;
        return inMs > 0 ? Math.max(inMs, 1) : overdueMs;
      },
    },
  ];
}

// NULL where sessions have another level of isolation by default.
const revisiting = sql.type(
  z.object({ count: z.int().nullable() }),
)`SELECT tasks.catch_up(${most}) AS "count"`;

// By the server's clock.
const nextSchedule = sql.type(z.object({ inMs: z.number().nullable() }))`
  SELECT (EXTRACT(epoch FROM min(s.next_run_at) - clock_timestamp()) * 1000)::DOUBLE PRECISION AS "inMs"
  FROM tasks.schedules AS s
  WHERE s.is_active
`;

function counting(call: ReturnType<typeof sql.fragment>) {
  return sql.type(count)`SELECT ${call} AS "count"`;
}
