/**
 * What a failure of NATS or JetStream means for its caller.
 *
 * - `unreachable`: no server, or none that leads the stream, answered; nothing is known of what was sent
 * - `conflict`: the subject or stream has moved on since it was read; nothing was done
 * - `not-found`: the stream, consumer or message is not there
 * - `too-large`: the message is larger than the stream or the server takes; it never will be
 * - `full`: the stream, the account or the disk is full; nothing was done
 * - `permission`: the user may not
 * - `unsupported`: JetStream, or what was asked of it, is not to be had from this server
 * - `cancelled`: the connection, or what was subscribed to, was closed by ourselves
 * - `other`: anything else
 */
export type JetStreamErrorClass =
  | "unreachable"
  | "conflict"
  | "not-found"
  | "too-large"
  | "full"
  | "permission"
  | "unsupported"
  | "cancelled"
  | "other";

// Error codes of the JetStream API (`err_code`), as nats-server's errors.json numbers them.
const classOfCode: Readonly<Record<number, JetStreamErrorClass>> = {
  10071: "conflict",
  10164: "conflict",
  10014: "not-found",
  10037: "not-found",
  10059: "not-found",
  10054: "too-large",
  10097: "too-large",
  10023: "full",
  10028: "full",
  10047: "full",
  10077: "full",
  10002: "full",
  10008: "unreachable",
  10009: "unreachable",
  10004: "unreachable",
  10035: "unsupported",
  10039: "unsupported",
  10074: "unsupported",
  10076: "unsupported",
};

// The names of the client library's own errors, which have no code.
const classOfName: Readonly<Record<string, JetStreamErrorClass>> = {
  TimeoutError: "unreachable",
  NoResponders: "unreachable",
  ConnectionError: "unreachable",
  DisconnectedError: "unreachable",
  PermissionViolationError: "permission",
  AuthorizationError: "permission",
  UserAuthenticationExpiredError: "permission",
  ClosedConnectionError: "cancelled",
  DrainingConnectionError: "cancelled",
  JetStreamNotEnabled: "unsupported",
  StreamNotFoundError: "not-found",
  ConsumerNotFoundError: "not-found",
  MaxPayloadExceededError: "too-large",
};

/** What a thrown value of the NATS client library means. */
export function classifyJetStreamError(error: unknown): JetStreamErrorClass {
  if (!(error instanceof Error)) return "other";
  const code = jetStreamCodeOf(error);
  const known = code === undefined ? classOfNamed(error) : classOfCode[code];
  if (known !== undefined) return known;
  return error.cause === undefined ? "other" : classifyJetStreamError(error.cause);
}

// What is larger than the server takes is not sent at all, and the name is that of any argument that is refused.
function classOfNamed({ name, message }: Error): JetStreamErrorClass | undefined {
  if (name === "InvalidArgumentError" && message.includes("max_payload")) return "too-large";
  return classOfName[name];
}

/** The JetStream API's error code (`err_code`), where the server gave one. */
export function jetStreamCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "number" && code >= 10_000 && code < 20_000 ? code : undefined;
}

/** Whether the same call may succeed when it is simply made again, after a while. */
export function isRetryableJetStreamError(errorClass: JetStreamErrorClass): boolean {
  return errorClass === "unreachable" || errorClass === "full";
}
