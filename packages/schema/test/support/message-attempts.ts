import {
  type Attempt,
  ada,
  bob,
  broadcast,
  direct,
  insert,
  nobody,
  queue,
  topic,
} from "./constraint-cases.ts";

const channel = (values: Readonly<Record<string, string>>) =>
  insert("messages.channels", { channel_name: "'n'", channel_type: "'topic'", ...values });
const subscription = (values: Readonly<Record<string, string>>) =>
  insert("messages.subscriptions", { agent_id: ada, channel_id: topic, ...values });
const delivery = (values: Readonly<Record<string, string>>) =>
  insert("messages.deliveries", { message_id: nobody, sent_at: "'2026-01-01'", agent_id: bob, ...values });
const message = (values: Readonly<Record<string, string>>) =>
  insert("messages.log", { message_type: "'command'", ...values });

const astray = (title: string, values: Readonly<Record<string, string>>): Attempt => ({
  title: `a message ${title}`,
  sql: message(values),
  refusedBy: "messages.log.routing_consistency",
});

/** What must not get into schema messages. */
export const messageAttempts: readonly Attempt[] = [
  {
    title: "a channel without a name",
    sql: channel({ channel_name: "''" }),
    refusedBy: "messages.channels.valid_channel_name",
  },
  {
    title: "a channel of an unknown type",
    sql: channel({ channel_type: "'pigeon'" }),
    refusedBy: "messages.channels.valid_channel_type",
  },
  {
    title: "two channels of one name",
    sql: channel({ channel_name: "'news'" }),
    refusedBy: "messages.channels.channels_channel_name_key",
    as: "unique",
  },
  {
    title: "the same channel twice",
    sql: channel({ channel_id: topic }),
    refusedBy: "messages.channels.channels_pkey",
    as: "unique",
  },
  {
    title: "another type for a channel that messages went through",
    sql: `${message({ channel_id: topic })}; UPDATE messages.channels SET channel_type = 'queue' WHERE channel_id = ${topic}`,
    refusedBy: "messages.channels.log_channel_fkey",
    as: "foreign-key",
  },

  {
    title: "the same pattern twice",
    sql: `${subscription({ message_pattern: "'a.*'" })}; ${subscription({ message_pattern: "'a.*'" })}`,
    refusedBy: "messages.subscriptions.subscriptions_agent_id_channel_id_message_pattern_key",
    as: "unique",
  },
  {
    title: "no pattern twice",
    sql: `${subscription({})}; ${subscription({})}`,
    refusedBy: "messages.subscriptions.subscriptions_agent_id_channel_id_message_pattern_key",
    as: "unique",
  },
  {
    title: "the same subscription twice",
    sql: `${subscription({ subscription_id: nobody })}; ${subscription({ subscription_id: nobody, agent_id: bob })}`,
    refusedBy: "messages.subscriptions.subscriptions_pkey",
    as: "unique",
  },
  {
    title: "a subscription of nobody",
    sql: subscription({ agent_id: nobody }),
    refusedBy: "messages.subscriptions.subscriptions_agent_id_fkey",
    as: "foreign-key",
  },
  {
    title: "a subscription to nothing",
    sql: subscription({ channel_id: nobody }),
    refusedBy: "messages.subscriptions.subscriptions_channel_id_fkey",
    as: "foreign-key",
  },

  {
    title: "a priority above 10",
    sql: message({ to_agent_id: bob, priority: "11" }),
    refusedBy: "messages.log.valid_priority",
  },
  {
    title: "a priority below 0",
    sql: message({ to_agent_id: bob, priority: "-1" }),
    refusedBy: "messages.log.valid_priority",
  },
  {
    title: "a message with NULL as priority",
    sql: message({ to_agent_id: bob, priority: "NULL" }),
    refusedBy: "messages.log.priority",
    as: "not-null",
  },
  {
    title: "a negative number of deliveries",
    sql: message({ to_agent_id: bob, delivery_attempts: "-1" }),
    refusedBy: "messages.log.valid_delivery_attempts",
  },
  astray("for nobody", {}),
  astray("for one agent and for all", { to_agent_id: bob, broadcast_to_type: "'tester'" }),
  astray("for nobody on a direct channel", { channel_id: direct }),
  astray("for all on a direct channel", { channel_id: direct, broadcast_to_type: "'tester'" }),
  astray("for one agent on a broadcast channel", { channel_id: broadcast, to_agent_id: bob }),
  astray("for nobody on a broadcast channel", { channel_id: broadcast }),
  astray("for one agent on a topic", { channel_id: topic, to_agent_id: bob }),
  astray("for one agent on a queue", { channel_id: queue, to_agent_id: bob }),
  astray("for all on a queue", { channel_id: queue, broadcast_to_type: "'tester'" }),
  {
    title: "a message that lies about the type of its channel",
    sql: message({ channel_id: topic, channel_type: "'direct'", to_agent_id: bob }),
    refusedBy: "messages.log.log_channel_fkey",
    as: "foreign-key",
  },
  {
    title: "a message with the type of a channel and no channel",
    sql: message({ channel_type: "'topic'" }),
    refusedBy: "messages.log.log_channel_fkey",
    as: "foreign-key",
  },
  {
    title: "a message from nobody",
    sql: message({ from_agent_id: nobody, to_agent_id: bob }),
    refusedBy: "messages.log.log_from_agent_id_fkey",
    as: "foreign-key",
  },
  {
    title: "a message to nobody",
    sql: message({ to_agent_id: nobody }),
    refusedBy: "messages.log.log_to_agent_id_fkey",
    as: "foreign-key",
  },
  {
    title: "the same message twice",
    sql: `${message({ message_id: nobody, to_agent_id: bob, sent_at: "'2026-01-01'" })}; ${message({ message_id: nobody, to_agent_id: bob, sent_at: "'2026-01-01'" })}`,
    refusedBy: "messages.log.log_pkey",
    as: "unique",
  },

  {
    title: "a delivery for nobody",
    sql: delivery({ agent_id: "NULL" }),
    refusedBy: "messages.deliveries.one_recipient",
  },
  {
    title: "a delivery for one agent and for whoever takes it",
    sql: delivery({ queue_id: queue }),
    refusedBy: "messages.deliveries.one_recipient",
  },
  {
    title: "a delivery of a priority above 10",
    sql: delivery({ priority: "11" }),
    refusedBy: "messages.deliveries.valid_priority",
  },
  {
    title: "a delivery with a negative number of attempts",
    sql: delivery({ delivery_attempts: "-1" }),
    refusedBy: "messages.deliveries.valid_delivery_attempts",
  },
  {
    title: "a delivery with an unknown outcome",
    sql: delivery({ settled_at: "now()", outcome: "'lost'" }),
    refusedBy: "messages.deliveries.valid_outcome",
  },
  {
    title: "a delivery that ended without an outcome",
    sql: delivery({ settled_at: "now()" }),
    refusedBy: "messages.deliveries.settled_with_outcome",
  },
  {
    title: "a delivery with an outcome that has not ended",
    sql: delivery({ outcome: "'processed'" }),
    refusedBy: "messages.deliveries.settled_with_outcome",
  },
  {
    title: "the same message to the same agent twice",
    sql: `${delivery({})}; ${delivery({})}`,
    refusedBy: "messages.deliveries.deliveries_message_id_agent_id_key",
    as: "unique",
  },
  {
    title: "the same message in a queue twice",
    sql: `${delivery({ agent_id: "NULL", queue_id: queue })}; ${delivery({ agent_id: "NULL", queue_id: queue })}`,
    refusedBy: "messages.deliveries.deliveries_message_id_agent_id_key",
    as: "unique",
  },
  {
    title: "the same delivery twice",
    sql: `${delivery({ delivery_id: nobody })}; ${delivery({ delivery_id: nobody, agent_id: ada })}`,
    refusedBy: "messages.deliveries.deliveries_pkey",
    as: "unique",
  },
  {
    title: "a delivery to an agent that does not exist",
    sql: delivery({ agent_id: nobody }),
    refusedBy: "messages.deliveries.deliveries_agent_id_fkey",
    as: "foreign-key",
  },
  {
    title: "a delivery in a channel that does not exist",
    sql: delivery({ agent_id: "NULL", queue_id: nobody }),
    refusedBy: "messages.deliveries.deliveries_queue_id_fkey",
    as: "foreign-key",
  },
];
