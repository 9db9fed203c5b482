import type { NatsLink } from "./nats-link.ts";

/** Knows whether the connection is there. */
export interface ConnectionWatch {
  readonly connected: boolean;
  end(): void;
}

/** Watches the connection; it is taken to be there at the beginning. */
export function watchConnection(link: NatsLink, changed: (connected: boolean) => void): ConnectionWatch {
  let connected = true;
  const status = link.connection.status();
  void (async () => {
    for await (const { type } of status) {
      if (type === "disconnect") connected = false;
      else if (type === "reconnect") connected = true;
      else continue;
      changed(connected);
    }
  })();
  return {
    get connected() {
      return connected;
    },
    end: () => {
      // The iterator of the client library ends by this, which its public type does not show.
      (status as { stop?: () => void }).stop?.();
    },
  };
}
