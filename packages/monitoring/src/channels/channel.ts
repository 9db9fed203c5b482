import type { Notification } from "../deliver/notification.ts";

/** Somebody who is told of alerts. */
export interface Channel {
  readonly name: string;
  readonly type: "webhook" | "email" | "jetstream" | "log";
  /** Told of everything, whatever a threshold says. */
  readonly isAlwaysTold: boolean;
  /** Told of alerts also where no threshold names it. */
  readonly isToldUnnamed: boolean;
  /**
   * Tells it, and resolves when it has arrived, within `timeoutMs`. What is told again has the same key.
   *
   * @throws ChannelError with why it has not, or may not have, arrived
   */
  tell(notification: Notification): Promise<void>;
}
