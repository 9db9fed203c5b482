import type { Notification } from "../deliver/notification.ts";
import type { Channel } from "./channel.ts";

/** Tells by a line of the log, which is told whatever a threshold says. */
export function logChannel(name: string, write: (told: Notification) => void): Channel {
  return {
    name,
    type: "log",
    isAlwaysTold: true,
    isToldUnnamed: true,
    tell: async (told) => write(told),
  };
}
