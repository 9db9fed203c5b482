export type { DatabaseOptions } from "./config/database-options.ts";
export { createDatabase } from "./database/create-database.ts";
export type { Database, WrittenValue } from "./database/database.ts";
export { ClientError, type ClientErrorCode } from "./errors/client-error.ts";
export type { DatabaseEvents, DatabaseListener } from "./events/database-events.ts";
export type { Executor } from "./executor/executor.ts";
export type { TransactionOptions } from "./executor/transaction-options.ts";
export type { DatabaseHealth, PoolHealth } from "./health/pool-health.ts";
export type { PoolState } from "./health/pool-state.ts";
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
export type { PoolName } from "./pool/server-pool.ts";
export type { QueryOptions } from "./queryable/query-options.ts";
export type { Queryable, QueryResult } from "./queryable/queryable.ts";
export type { CircuitState } from "./resilience/circuit-breaker.ts";
export type { Reader } from "./routing/reader.ts";
export type { ReadToken } from "./routing/token.ts";
export type { ServerStatus } from "./servers/server-state.ts";
export { sql } from "./statement/sql.ts";
export type { Statement } from "./statement/statement.ts";
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
export type { TaskFilter } from "./tasks/task-filter.ts";
export type { RunningTask, TaskBacklog } from "./tasks/task-overview.ts";
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
