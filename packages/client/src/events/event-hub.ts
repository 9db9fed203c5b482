/** Hands events to whoever listens. */
export interface EventHub<Events> {
  /** Returns what ends the listening. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void;
  /** Whether anybody listens: what is costly to say need not be said to nobody. */
  heard(name: keyof Events): boolean;
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void;
}

/** A listener that throws harms neither the call it hears of nor other listeners: it becomes a warning of the process. */
export function eventHub<Events>(): EventHub<Events> {
  const listeners: { [Name in keyof Events]?: Set<(event: Events[Name]) => void> } = {};
  return {
    on(name, listener) {
      const set = listeners[name] ?? new Set();
      listeners[name] = set;
      set.add(listener);
      return () => void set.delete(listener);
    },
    heard: (name) => (listeners[name]?.size ?? 0) > 0,
    emit(name, event) {
      for (const listener of listeners[name] ?? []) {
        try {
          listener(event);
        } catch (error) {
          process.emitWarning(
            `a listener of "${String(name)}" threw: ${messageOf(error)}`,
            "MisterSmithWarning",
          );
        }
      }
    },
  };
}

function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "something that cannot be shown";
  }
}
