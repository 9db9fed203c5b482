import type { Executor } from "../executor/executor.ts";
import type { Page } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { acknowledge } from "./acknowledge.ts";
import { type AwaitReplyOptions, awaitReply } from "./await-reply.ts";
import { type ChannelChanges, changeChannel } from "./change-channel.ts";
import type { Channel } from "./channel.ts";
import type { ChannelReference } from "./channel-reference.ts";
import { type DeadLettersOptions, deadLetters } from "./dead-letters.ts";
import type { Delivery } from "./delivery.ts";
import { getChannel } from "./get-channel.ts";
import { getMessage, type MessageReference } from "./get-message.ts";
import { extendLease, type RejectOptions, type RequeueOptions, reject, requeue } from "./give-back.ts";
import { type HistoryOptions, history, type ListMessagesOptions, listMessages } from "./history.ts";
import { type InboxOptions, inbox } from "./inbox.ts";
import type { InboxMessage } from "./inbox-message.ts";
import { type ListChannelsOptions, listChannels } from "./list-channels.ts";
import { type ListDeliveriesOptions, listDeliveries } from "./list-deliveries.ts";
import { type ListSubscriptionsOptions, listSubscriptions } from "./list-subscriptions.ts";
import type { Message } from "./message.ts";
import { type OpenChannelInput, openChannel } from "./open-channel.ts";
import type { BroadcastMessage, DirectMessage, OutgoingMessage, PublishedMessage } from "./outgoing.ts";
import { purgeDeliveries, reapExpired } from "./reap-messages.ts";
import { receive, receiveFrom } from "./receive.ts";
import type { ReceiveOptions } from "./receive-options.ts";
import type { Receipt, ReceivedMessage } from "./received-message.ts";
import { redeliver } from "./redeliver.ts";
import { type RequestReference, replies } from "./replies.ts";
import { type AnsweredMessage, type ReplyContent, reply } from "./reply.ts";
import { type RequestMessage, request, type SentRequest } from "./request.ts";
import { sendMany } from "./send-many.ts";
import { broadcastToType, publishMessage, sendMessage } from "./send-message.ts";
import type { SentMessage } from "./send-messages.ts";
import { type SubscribeInput, subscribe } from "./subscribe.ts";
import type { Subscription } from "./subscription.ts";
import { type UnsubscribeInput, unsubscribe } from "./unsubscribe.ts";

/**
 * Messages between agents: channels, subscriptions, inboxes.
 *
 * Who gets a message is decided when it is sent: the agent, the agents of the type, the subscribers of the topic as
 * they are then. Each of them has a delivery of its own; in a queue there is one for all. Delivery is at least once:
 * a message that is not acknowledged within its lease is handed out again, so what a receiver does with it must be fit
 * to happen twice. Within a transaction, what was sent is seen by others once it commits.
 */
export interface Messages {
  /**
   * Opens a channel, or finds the one of that name. Any number of programs may open one channel, at once too. What is
   * there stays as it is; one that was closed stays closed.
   *
   * @throws ClientError `WRONG_STATUS` when the channel of that name is of another type; `INVALID_INPUT`
   */
  openChannel(input: OpenChannelInput, options?: QueryOptions): Promise<Channel>;
  /** The channel, or null. May be answered by a replica. */
  getChannel(channel: ChannelReference, options?: QueryOptions): Promise<Channel | null>;
  /** Channels in the order of their names. May be answered by a replica. */
  listChannels(which?: ListChannelsOptions, options?: QueryOptions): Promise<Page<Channel>>;
  /**
   * Closes a channel, opens it again, describes it. A closed one takes no messages; what is in it is delivered.
   *
   * @throws ClientError `NOT_FOUND`, `INVALID_INPUT`
   */
  changeChannel(channel: ChannelReference, changes: ChannelChanges, options?: QueryOptions): Promise<Channel>;

  /**
   * Has an agent get the messages of a topic that are published from now on. Again with the same pattern it replaces
   * the filters. Several patterns of one agent may match: it gets the message once.
   *
   * @throws ClientError `NOT_FOUND` for agent or channel, `WRONG_STATUS` when the channel is no topic, `INVALID_INPUT`
   */
  subscribe(input: SubscribeInput, options?: QueryOptions): Promise<Subscription>;
  /** Ends subscriptions; what was published before stays in the inbox. Returns how many ended. */
  unsubscribe(input: UnsubscribeInput, options?: QueryOptions): Promise<number>;
  /** Subscriptions in the order of their identifiers. May be answered by a replica. */
  listSubscriptions(which?: ListSubscriptionsOptions, options?: QueryOptions): Promise<Page<Subscription>>;

  /**
   * Sends a message to one agent.
   *
   * @throws ClientError `NOT_FOUND` for sender, recipient or channel, `WRONG_STATUS` when the recipient is terminated
   *   or the channel closed, `INVALID_INPUT`
   */
  send(message: DirectMessage, options?: QueryOptions): Promise<SentMessage>;
  /**
   * Sends a message to all agents of a type, but the terminated ones and the sender. A type that no agent has is no
   * error: `recipients` is 0.
   *
   * @throws ClientError as {@link Messages.send}
   */
  broadcast(message: BroadcastMessage, options?: QueryOptions): Promise<SentMessage>;
  /**
   * Publishes a message: on a topic to every agent with a subscription that matches, on a queue to one of those who
   * take from it. A topic without a subscriber is no error: `recipients` is 0.
   *
   * @throws ClientError as {@link Messages.send}
   */
  publish(message: PublishedMessage, options?: QueryOptions): Promise<SentMessage>;
  /**
   * Sends up to 10,000 messages of any kind in one round trip: all, or none. They keep their order.
   *
   * @throws ClientError as {@link Messages.send}, naming the first message that cannot be sent
   */
  sendMany(messages: readonly OutgoingMessage[], options?: QueryOptions): Promise<readonly SentMessage[]>;

  /**
   * Sends a message that asks for a response, with a correlation of its own.
   *
   * @throws ClientError as {@link Messages.send}; `INVALID_INPUT` without `fromAgentId`
   */
  request(message: RequestMessage, options?: QueryOptions): Promise<SentRequest>;
  /**
   * Answers a message: on the channel that its `replyTo` names, else directly to its sender, with its correlation.
   *
   * @throws ClientError as {@link Messages.send}; `INVALID_INPUT` when it has neither sender nor `replyTo`
   */
  reply(to: AnsweredMessage, content: ReplyContent, options?: QueryOptions): Promise<SentMessage>;
  /** The answers to a request so far (`response` and `error`), the first one first; at most 1,000. */
  replies(to: RequestReference, options?: QueryOptions): Promise<readonly Message[]>;
  /**
   * Waits for the first answer to a request, and takes it out of the inbox. It looks every 10 ms at first, then less
   * often, down to once a second. Within the transaction of the request no answer can come.
   *
   * @throws ClientError `TIMEOUT`, `ABORTED`
   */
  awaitReply(to: RequestReference, options?: AwaitReplyOptions): Promise<Message>;

  /**
   * What is in an agent's inbox, page by page; takes nothing out of it. Direct messages, broadcasts and topics
   * together; an agent that does not exist has an empty one. May be answered by a replica.
   *
   * A walk over the pages shows each message once that was there when it began and meets the filter still. A message
   * whose sender commits late may lie on a page that was read already: a new walk shows it, and
   * {@link Messages.receive} misses none.
   */
  inbox(agentId: string, which?: InboxOptions, options?: QueryOptions): Promise<Page<InboxMessage>>;
  /**
   * Hands an agent messages of its inbox, the most urgent first, then the oldest. Nobody else gets them until the
   * lease ends. Unless acknowledged by then they are handed out again, up to `maxAttempts` times; then they are dead
   * letters. Expired ones are never handed out. Empty when there is nothing to do.
   *
   * @throws ClientError `NOT_FOUND` when the agent does not exist
   */
  receive(agentId: string, how?: ReceiveOptions, options?: QueryOptions): Promise<readonly ReceivedMessage[]>;
  /**
   * Hands an agent messages that wait in a queue, as {@link Messages.receive} does; each goes to one taker.
   *
   * @throws ClientError `NOT_FOUND` for agent or queue, `WRONG_STATUS` when the channel is no queue
   */
  receiveFrom(
    queue: ChannelReference,
    agentId: string,
    how?: ReceiveOptions,
    options?: QueryOptions,
  ): Promise<readonly ReceivedMessage[]>;
  /**
   * Says that messages are dealt with. Doing so again is no error. Within a transaction it counts together with what
   * else the transaction writes.
   *
   * @throws ClientError `LEASE_LOST` naming those that others have by now; all others are acknowledged
   */
  acknowledge(receipts: Receipt | readonly Receipt[], options?: QueryOptions): Promise<void>;
  /**
   * Gives messages back for another attempt, at once or after a delay. The attempt counts.
   *
   * @throws ClientError `LEASE_LOST` naming those that others have by now; all others are given back
   */
  requeue(
    receipts: Receipt | readonly Receipt[],
    how?: RequeueOptions,
    options?: QueryOptions,
  ): Promise<void>;
  /**
   * Gives messages up: they become dead letters.
   *
   * @throws ClientError `LEASE_LOST` naming those that others have by now; all others are given up
   */
  reject(receipts: Receipt | readonly Receipt[], why?: RejectOptions, options?: QueryOptions): Promise<void>;
  /**
   * Keeps messages for so many milliseconds from now.
   *
   * @throws ClientError `LEASE_LOST` naming those that others have by now; all others are kept
   */
  extendLease(receipts: Receipt | readonly Receipt[], leaseMs: number, options?: QueryOptions): Promise<void>;
  /** How far a message is with each of its recipients, page by page. May be answered by a replica. */
  deliveries(which: ListDeliveriesOptions, options?: QueryOptions): Promise<Page<Delivery>>;
  /** Messages that were given up, the last one first. May be answered by a replica. */
  deadLetters(which?: DeadLettersOptions, options?: QueryOptions): Promise<Page<InboxMessage>>;
  /**
   * Has dead letters delivered again, with all their attempts, under new `deliveryId`s. Returns how many; fewer than
   * given when some are not dead.
   */
  redeliver(deliveryIds: readonly string[], options?: QueryOptions): Promise<number>;

  /** A message of the log, or null; with `sentAt` one day is looked into. May be answered by a replica. */
  get(message: MessageReference, options?: QueryOptions): Promise<Message | null>;
  /** Messages of the log, page by page, the newest first unless asked otherwise. May be answered by a replica. */
  list(which?: ListMessagesOptions, options?: QueryOptions): Promise<Page<Message>>;
  /**
   * Messages of the log one after the other, the oldest first unless asked otherwise: of a channel, of a
   * conversation, of a correlation. Read as they are taken, for what does not fit in memory. May be answered by a
   * replica.
   */
  history(which: HistoryOptions, options?: QueryOptions): AsyncIterable<Message>;

  /** Settles deliveries that have expired and that nobody has, at most `limit` (1,000); returns how many. */
  reapExpired(limit?: number, options?: QueryOptions): Promise<number>;
  /** Deletes deliveries of messages older than the log keeps, at most `limit` (10,000); returns how many. */
  purgeDeliveries(limit?: number, options?: QueryOptions): Promise<number>;
}

/** Binds the questions about messages to a database or a transaction. */
export function messagesOf(on: Executor): Messages {
  return {
    openChannel: (input, options) => openChannel(on, input, options),
    getChannel: (channel, options) => getChannel(on, channel, options),
    listChannels: (which, options) => listChannels(on, which, options),
    changeChannel: (channel, changes, options) => changeChannel(on, channel, changes, options),
    subscribe: (input, options) => subscribe(on, input, options),
    unsubscribe: (input, options) => unsubscribe(on, input, options),
    listSubscriptions: (which, options) => listSubscriptions(on, which, options),
    send: (message, options) => sendMessage(on, message, options),
    broadcast: (message, options) => broadcastToType(on, message, options),
    publish: (message, options) => publishMessage(on, message, options),
    sendMany: (messages, options) => sendMany(on, messages, options),
    request: (message, options) => request(on, message, options),
    reply: (to, content, options) => reply(on, to, content, options),
    replies: (to, options) => replies(on, to, options),
    awaitReply: (to, options) => awaitReply(on, to, options),
    inbox: (agentId, which, options) => inbox(on, agentId, which, options),
    receive: (agentId, how, options) => receive(on, agentId, how, options),
    receiveFrom: (queue, agentId, how, options) => receiveFrom(on, queue, agentId, how, options),
    acknowledge: (receipts, options) => acknowledge(on, receipts, options),
    requeue: (receipts, how, options) => requeue(on, receipts, how, options),
    reject: (receipts, why, options) => reject(on, receipts, why, options),
    extendLease: (receipts, leaseMs, options) => extendLease(on, receipts, leaseMs, options),
    deliveries: (which, options) => listDeliveries(on, which, options),
    deadLetters: (which, options) => deadLetters(on, which, options),
    redeliver: (deliveryIds, options) => redeliver(on, deliveryIds, options),
    get: (message, options) => getMessage(on, message, options),
    list: (which, options) => listMessages(on, which, options),
    history: (which, options) => history(on, which, options),
    reapExpired: (limit, options) => reapExpired(on, limit, options),
    purgeDeliveries: (limit, options) => purgeDeliveries(on, limit, options),
  };
}
