import { randomUUID } from "node:crypto";
import { createDatabase, sql } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { createTestDatabase } from "@mister-smith/testkit";
import { expect, it } from "vitest";
import { z } from "zod";
import { keepTasks } from "../../src/upkeep/task-upkeep.ts";
import { yieldingUpkeep } from "../../src/upkeep/yielding.ts";

it("tells of each schedule whose task is refused, enqueues those of the others, and goes on", async () => {
  const prepare = (url: string) => migrateUp({ connection: url, folder: migrationsFolder() });
  const made = await createTestDatabase({
    template: { name: "migrated", prepare: async (url) => void (await prepare(url)) },
  });
  try {
    await using db = await createDatabase({ primary: { url: made.url } });
    const { taskId } = await db.tasks.enqueue({ taskType: "late", expiresInMs: 1 });
    for (const name of ["broken", "right"])
      await db.tasks.setSchedule({ name, cron: "0 3 * * *", task: { taskType: name } });
    const nobody = randomUUID();
    await db.write.query(sql.type(z.object({}))`
      UPDATE tasks.schedules SET
        next_run_at = now() - INTERVAL '1 minute',
        task = CASE schedule_name
          WHEN 'broken' THEN task || ${JSON.stringify({ assignedAgentId: nobody })}::JSONB
          ELSE task
        END`);
    const told: Error[] = [];
    await keepTasks(yieldingUpkeep(db), new AbortController().signal, (error) => told.push(error));
    expect(told).toMatchObject([
      {
        code: "SCHEDULE_FAILED",
        message: expect.stringContaining("broken"),
        details: { schedule: "broken" },
      },
    ]);
    expect(told[0]?.message).toContain(nobody);
    expect((await db.tasks.find({ taskTypes: ["broken", "right"] })).items).toMatchObject([
      { taskType: "right" },
    ]);
    expect(await db.tasks.get(taskId)).toMatchObject({ status: "cancelled" });
  } finally {
    await made.drop();
  }
});
