export type { Agent, LifecycleEvent } from "./agents/agent.ts";
export type { AgentEventsInput } from "./agents/agent-events.ts";
export type { AgentFilter } from "./agents/agent-filter.ts";
export type { AgentRelative, RelativesOptions } from "./agents/agent-relatives.ts";
export type { Agents, TerminateInput } from "./agents/agents.ts";
export type { StatusChange, StatusChanged } from "./agents/change-agent-statuses.ts";
export type { AgentCounts } from "./agents/count-agents.ts";
export type { FindAgentsInput } from "./agents/find-agents.ts";
export type { Heartbeats } from "./agents/heartbeat-agents.ts";
export type { RegisteredAgent, RegisterInput } from "./agents/register-agents.ts";
export type { StaleInput } from "./agents/stale-agents.ts";
export type { UpdateAgentInput } from "./agents/update-agent.ts";
export type { Checkpoint, CheckpointInfo } from "./checkpoints/checkpoint.ts";
export type { Checkpoints } from "./checkpoints/checkpoints.ts";
export type { CreateCheckpointInput } from "./checkpoints/create-checkpoint.ts";
export type { CheckpointDiff } from "./checkpoints/diff-checkpoint.ts";
export type { ListCheckpointsInput } from "./checkpoints/list-checkpoints.ts";
export type { PruneInput } from "./checkpoints/prune-checkpoints.ts";
export type { Restored, RestoreOptions } from "./checkpoints/restore-checkpoint.ts";
export { type DatabaseOptions, databaseOptions } from "./config/database-options.ts";
export { type PoolPresets, productionPools } from "./config/production-pools.ts";
export type { PasswordSource } from "./config/server-options.ts";
export { createDatabase } from "./database/create-database.ts";
export type { Database, WrittenValue } from "./database/database.ts";
export { ClientError, type ClientErrorCode } from "./errors/client-error.ts";
export type { DatabaseEvents, DatabaseListener } from "./events/database-events.ts";
export type { Executor } from "./executor/executor.ts";
export type { TransactionOptions } from "./executor/transaction-options.ts";
export type { DatabaseHealth, PoolHealth } from "./health/pool-health.ts";
export type { PoolState } from "./health/pool-state.ts";
export type { JsonInput } from "./json/json-input.ts";
export type { NewEmbedding } from "./knowledge/embeddings/add-embeddings.ts";
export type { Embedding, EmbeddingRecord } from "./knowledge/embeddings/embedding.ts";
export type { EmbeddingModel } from "./knowledge/embeddings/embedding-model.ts";
export type { Embeddings } from "./knowledge/embeddings/embeddings.ts";
export type { MissingEmbeddings } from "./knowledge/embeddings/facts-without-embedding.ts";
export type { RemoveEmbeddings } from "./knowledge/embeddings/remove-embeddings.ts";
export type { SearchEmbeddings, SimilarFact } from "./knowledge/embeddings/search-embeddings.ts";
export type { Vector } from "./knowledge/embeddings/vector-input.ts";
export type { Fact } from "./knowledge/fact.ts";
export type { FactConfidence } from "./knowledge/fact-confidence.ts";
export type { FactFilter } from "./knowledge/fact-filter.ts";
export type { FactContent, FactSubject, NewFact } from "./knowledge/fact-input.ts";
export type { AboutEntity } from "./knowledge/facts-about.ts";
export type { AsOf } from "./knowledge/facts-as-of.ts";
export type { FindFacts } from "./knowledge/find-facts.ts";
export type { HeadlineMarks } from "./knowledge/headline.ts";
export type { Knowledge } from "./knowledge/knowledge.ts";
export type { Retraction } from "./knowledge/retract-fact.ts";
export type { FoundFact, SearchFacts } from "./knowledge/search-facts.ts";
export type { ValidAt } from "./knowledge/valid-at.ts";
export type { AwaitReplyOptions } from "./messages/await-reply.ts";
export type { ChannelChanges } from "./messages/change-channel.ts";
export type { Channel, ChannelType } from "./messages/channel.ts";
export type { ChannelReference } from "./messages/channel-reference.ts";
export type { DeadLettersOptions } from "./messages/dead-letters.ts";
export type { Delivery } from "./messages/delivery.ts";
export type { MessageReference } from "./messages/get-message.ts";
export type { RejectOptions, RequeueOptions } from "./messages/give-back.ts";
export type { HistoryOptions, ListMessagesOptions } from "./messages/history.ts";
export type { InboxOptions } from "./messages/inbox.ts";
export type { InboxMessage } from "./messages/inbox-message.ts";
export type { ListChannelsOptions } from "./messages/list-channels.ts";
export type { ListDeliveriesOptions } from "./messages/list-deliveries.ts";
export type { ListSubscriptionsOptions } from "./messages/list-subscriptions.ts";
export type { Message, MessageContent } from "./messages/message.ts";
export type { MessageFilter } from "./messages/message-filter.ts";
export type { Messages } from "./messages/messages.ts";
export type { OpenChannelInput } from "./messages/open-channel.ts";
export type {
  BroadcastMessage,
  DirectMessage,
  OutgoingContent,
  OutgoingMessage,
  PublishedMessage,
  ThroughChannel,
} from "./messages/outgoing.ts";
export type { ReceiveOptions } from "./messages/receive-options.ts";
export type { Receipt, ReceivedMessage } from "./messages/received-message.ts";
export type { RequestReference } from "./messages/replies.ts";
export type { AnsweredMessage, ReplyContent } from "./messages/reply.ts";
export type { RequestMessage, SentRequest } from "./messages/request.ts";
export type { SentMessage } from "./messages/send-messages.ts";
export type { SubscribeInput, SubscriptionFilters } from "./messages/subscribe.ts";
export type { Subscription } from "./messages/subscription.ts";
export type { TimeOrder } from "./messages/time-order.ts";
export type { UnsubscribeInput } from "./messages/unsubscribe.ts";
export type { Page, PageOptions } from "./page/page.ts";
export type { PoolName } from "./pool/server-pool.ts";
export type { QueryOptions } from "./queryable/query-options.ts";
export type { Queryable, QueryResult } from "./queryable/queryable.ts";
export type { CircuitState } from "./resilience/circuit-breaker.ts";
export type { Reader } from "./routing/reader.ts";
export type { ReadToken } from "./routing/token.ts";
export type { ServerStatus } from "./servers/server-state.ts";
export type { CreatedSession, CreateSessionInput } from "./sessions/create-session.ts";
export type { SessionFilter } from "./sessions/list-sessions.ts";
export type { RevokeAllOptions } from "./sessions/revoke-sessions.ts";
export type { Session, SessionType } from "./sessions/session.ts";
export type { SessionOwner } from "./sessions/session-owner.ts";
export type { Sessions } from "./sessions/sessions.ts";
export type { SlidingExpiry } from "./sessions/sliding-expiry.ts";
export type { SessionChanges } from "./sessions/update-session.ts";
export type { DeleteInput } from "./state/delete-state.ts";
export type { Expiry } from "./state/expiry.ts";
export type { HydratedState } from "./state/hydrate-state.ts";
export type { ListStateInput, StateScope } from "./state/list-input.ts";
export type { PatchInput } from "./state/patch-state.ts";
export type { PutResult } from "./state/put-each-state.ts";
export type { PutInput } from "./state/put-input.ts";
export type { ExpiryInput } from "./state/set-state-expiry.ts";
export type { State } from "./state/state.ts";
export type { StateEntry, StateInfo } from "./state/state-entry.ts";
export type { StateAtCheckpoint, StateHistoryInput } from "./state/state-history.ts";
export type { StateRef } from "./state/state-ref.ts";
export { sql } from "./statement/sql.ts";
export type { SqlParameter } from "./statement/sql-parameter.ts";
export type { SqlFragment, SqlList, SqlTag, SqlToken, SqlValue } from "./statement/sql-tag.ts";
export type { Statement } from "./statement/statement.ts";
export { attemptOf } from "./tasks/attempt-of.ts";
export type { TaskOutcome } from "./tasks/change-tasks.ts";
export type { ClaimedTask, TaskClaim } from "./tasks/claimed-task.ts";
export type { DatabaseTasks } from "./tasks/database-tasks.ts";
export type { DeadLetter, DeadLettersInput } from "./tasks/dead-letters.ts";
export type { EnqueuedTask } from "./tasks/enqueue-tasks.ts";
export type { FindTasksInput } from "./tasks/find-tasks.ts";
export type { PruneTasks, TaskMaintenance } from "./tasks/maintain-tasks.ts";
export type { NewDependency, NewTask, RetryPolicy } from "./tasks/new-task.ts";
export type { Reschedule } from "./tasks/reschedule-tasks.ts";
export type { ScheduleRun } from "./tasks/run-due-schedules.ts";
export type { Schedule, ScheduleInput } from "./tasks/schedules.ts";
export type { Task, TaskExecution } from "./tasks/task.ts";
export type { TaskArrivals } from "./tasks/task-arrivals.ts";
export type { TaskDependency } from "./tasks/task-dependencies.ts";
export type { TaskDependent } from "./tasks/task-dependents.ts";
export type { TaskFilter } from "./tasks/task-filter.ts";
export type { RunningTask, TaskBacklog } from "./tasks/task-overview.ts";
export type { BlockingTask, HeldLease, TaskStanding } from "./tasks/task-standing.ts";
export type {
  ClaimTasks,
  TaskCompletion,
  TaskFailed,
  TaskFailure,
  TaskHeartbeat,
  TaskLease,
  TaskWork,
} from "./tasks/task-work.ts";
export type { Tasks } from "./tasks/tasks.ts";
export type { TypeLimits, TypeLimitsInput } from "./tasks/type-limits.ts";
export type { Transaction } from "./transaction/transaction.ts";
export { createWorker } from "./worker/create-worker.ts";
export type { TaskContext } from "./worker/task-context.ts";
export { FatalTaskError, RetryTaskError } from "./worker/task-error.ts";
export {
  type TaskHandler,
  type TaskHandlerSpec,
  type TaskResult,
  type TaskWith,
  taskHandler,
} from "./worker/task-handler.ts";
export type { Worker } from "./worker/worker.ts";
export type { AttemptEvent, WorkerEvents, WorkerListener } from "./worker/worker-events.ts";
export type { WorkerOptions } from "./worker/worker-options.ts";
