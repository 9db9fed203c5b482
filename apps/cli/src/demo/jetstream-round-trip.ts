import { SmithError } from "@mister-smith/errors";

/** What JetStream answered to one message. */
export interface RoundTrip {
  readonly stream: string;
  readonly sequence: number;
  /** How long publishing took until JetStream had stored the message, in milliseconds. */
  readonly acknowledgedMs: number;
}

const stream = "SMITH_DEMO";
const subject = "smith.demo.hello";
const timeoutMs = 5_000;

/** Publishes a message into a stream of its own, waits until it is stored, reads it back, and removes the stream. */
export async function jetStreamRoundTrip(url: string): Promise<RoundTrip> {
  const [{ connect }, { jetstream, jetstreamManager }] = await Promise.all([
    import("@nats-io/transport-node"),
    import("@nats-io/jetstream"),
  ]);
  const connection = await connect({
    servers: url,
    name: "smith demo",
    timeout: timeoutMs,
    reconnect: false,
  });
  try {
    const manager = await jetstreamManager(connection, { timeout: timeoutMs });
    await manager.streams.add({ name: stream, subjects: [subject] });
    const text = `hello ${new Date().toISOString()}`;
    const started = performance.now();
    const { seq } = await jetstream(connection, { timeout: timeoutMs }).publish(subject, text);
    const acknowledgedMs = performance.now() - started;
    const stored = await manager.streams.getMessage(stream, { seq });
    await manager.streams.delete(stream);
    if (stored?.string() !== text) throw notWhatWasSent(stored?.string());
    return { stream, sequence: seq, acknowledgedMs };
  } finally {
    await connection.close();
  }
}

function notWhatWasSent(found: string | undefined): SmithError {
  return new SmithError(
    "JETSTREAM_BROKEN",
    `JetStream gave back ${JSON.stringify(found)}, not what it had stored`,
    {
      hint: "Look at the log of nats-server; `smith doctor` says where it is.",
    },
  );
}
