import { randomUUID } from "node:crypto";
import { sql } from "@mister-smith/client";
import { AckPolicy } from "@nats-io/jetstream";
import { afterEach } from "vitest";
import { z } from "zod";
import { type ConsumeOptions, type Consumption, consume } from "../../src/index.ts";
import { useRelayLab } from "./relay-lab.ts";

/** Makes a lab for consumers of tasks, which are stopped after each test. Each test has a type of task of its own. */
export function useConsumerLab() {
  const lab = useRelayLab([]);
  let running: Consumption[] = [];
  let count = 0;

  afterEach(async () => {
    await Promise.all(running.map((one) => one.stop()));
    running = [];
  });

  return { lab, aType, publish, publishOne, start, pendingOf, limited, lettersOf, stopAfterwards };

  /** A type of task, and so a subject, that no other test has. */
  function aType(): string {
    count += 1;
    return `type${count}`;
  }

  async function publish(type: string, priority: string, times = 1): Promise<string[]> {
    const ids = Array.from({ length: times }, () => randomUUID());
    await Promise.all(ids.map((id, index) => publishOne(type, id, `${priority}${times === 1 ? "" : index}`)));
    return ids;
  }

  async function publishOne(type: string, id: string, priority: string): Promise<void> {
    const event = {
      schema: 1,
      id,
      occurred_at: new Date().toISOString(),
      kind: "task",
      operation: "created",
      tenant: null,
      origin: "sql",
      data: { task_id: id, task_type: type, status: "pending", priority, retry_count: 0 },
    };
    await lab().link.js.publish(`tasks.created.${type}.${id}`, JSON.stringify(event), { msgID: id });
  }

  async function start(
    type: string,
    options: Partial<ConsumeOptions<`tasks.${string}`>>,
  ): Promise<Consumption> {
    const consumption = await consume(lab().link, {
      subject: `tasks.created.${type}.>`,
      durable: type,
      backoff: [20],
      handler: () => {},
      ...options,
    });
    stopAfterwards(consumption);
    return consumption;
  }

  function stopAfterwards(consumption: Consumption): void {
    running.push(consumption);
  }

  async function pendingOf(type: string): Promise<number> {
    const { num_pending, num_ack_pending } = await lab().link.manager.consumers.info("TASK_EXECUTION", type);
    return num_pending + num_ack_pending;
  }

  /** Makes the consumer before, as the topology does: the server drops what it has delivered so often. */
  async function limited(type: string, times: number): Promise<void> {
    await lab().link.manager.consumers.add("TASK_EXECUTION", {
      durable_name: type,
      ack_policy: AckPolicy.Explicit,
      filter_subject: `tasks.created.${type}.>`,
      max_deliver: times,
    });
  }

  async function lettersOf(durable: string) {
    return await lab().db.write.any(sql.type(z.record(z.string(), z.unknown()))`
      SELECT reason_code AS code, reason, message_key AS key, attempts
      FROM sync.dead_letters WHERE pipe = ${`consume:${durable}`}
    `);
  }
}
