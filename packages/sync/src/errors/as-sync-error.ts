import {
  classifyJetStreamError,
  isRetryableJetStreamError,
  type JetStreamErrorClass,
} from "@mister-smith/errors";
import { SyncError, type SyncErrorCode } from "./sync-error.ts";

const codes: Readonly<Record<JetStreamErrorClass, SyncErrorCode>> = {
  unreachable: "NATS_UNREACHABLE",
  conflict: "REVISION_CONFLICT",
  "not-found": "TOPOLOGY",
  "too-large": "JETSTREAM",
  full: "JETSTREAM",
  permission: "JETSTREAM",
  unsupported: "UNSUPPORTED_SERVER",
  cancelled: "CLOSED",
  other: "JETSTREAM",
};

const hints: Partial<Record<JetStreamErrorClass, string>> = {
  unreachable: "Check that nats-server runs and that the URL is right; `smith doctor` looks at it.",
  "not-found": "`smith sync topology` shows what is missing, and `--apply` creates it.",
  full: "Give JetStream more room on disk, or raise the limit of the stream; nothing was lost.",
  permission: "Give the user of the URL the missing right, or use one that has it.",
  unsupported:
    "Start nats-server with JetStream, in a version that has what was asked for; `smith doctor` shows what there is.",
};

/**
 * Wraps what the NATS client threw. `details.errorClass` says what it means.
 *
 * @param doing what was being done, as "cannot …" would continue
 */
export function asSyncError(error: unknown, doing: string): SyncError {
  if (error instanceof SyncError) return error;
  const errorClass = classifyJetStreamError(error);
  const reason = error instanceof Error ? error.message || error.name : String(error);
  const hint = hints[errorClass];
  return new SyncError(codes[errorClass], `cannot ${doing}: ${reason}`, {
    cause: error,
    retryable: isRetryableJetStreamError(errorClass),
    details: { errorClass },
    ...(hint === undefined ? {} : { hint }),
  });
}
