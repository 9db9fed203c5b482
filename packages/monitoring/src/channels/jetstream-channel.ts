import type { Channel } from "./channel.ts";
import { ChannelError } from "./channel-error.ts";
import { webhookBody } from "./webhook-body.ts";

/** Where messages are published; the application passes its own client of JetStream. */
export interface AlertPublisher {
  /**
   * Publishes bytes, and resolves when a stream has stored them, within `timeoutMs`. The server leaves out what has the id of a
   * message that it remembers.
   *
   * @throws whatever went wrong, also where no stream takes the subject
   */
  publish(subject: string, bytes: Uint8Array, messageId: string, timeoutMs: number): Promise<void>;
}

/** How alerts are published. */
export interface JetstreamOptions {
  readonly name: string;
  /** What subjects begin with; the name of the alert follows. */
  readonly subject: string;
  readonly timeoutMs: number;
  /** Whether it is told of alerts also where no threshold names it. */
  readonly alerts: boolean;
  readonly publisher: AlertPublisher;
}

/** Tells by a message on the subject `<subject>.<name of the alert>`, in the shape of a webhook. It has arrived when it is stored. */
export function jetstreamChannel({ name, subject, timeoutMs, alerts, publisher }: JetstreamOptions): Channel {
  return {
    name,
    type: "jetstream",
    isAlwaysTold: false,
    isToldUnnamed: alerts,
    tell: async (told) => {
      const bytes = new TextEncoder().encode(webhookBody(told, name));
      const on = `${subject}.${told.name.replaceAll(/[^A-Za-z0-9_-]/g, "_")}`;
      try {
        await publisher.publish(on, bytes, told.key, timeoutMs);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new ChannelError(
          name,
          why,
          `A stream must take ${on}: add "${subject}.>" to the subjects of one, as in sync.streams.agentMessages.subjects.`,
          error,
        );
      }
    },
  };
}
