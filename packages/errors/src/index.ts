export { asDatabaseError, connectionRemedy, DatabaseError } from "./database-error.ts";
export {
  classifyJetStreamError,
  isRetryableJetStreamError,
  type JetStreamErrorClass,
  jetStreamCodeOf,
} from "./jetstream.ts";
export { isSmithError, SmithError, type SmithErrorOptions } from "./smith-error.ts";
export {
  type ConnectionRefusal,
  classifyDatabaseError,
  classifySqlState,
  connectionRefusalOf,
  type DatabaseErrorClass,
  isRefusalOfValues,
  isRetryableDatabaseError,
  isTransactionTimeout,
  mayBeOutdatedPlan,
  sqlStateOf,
} from "./sqlstate.ts";
