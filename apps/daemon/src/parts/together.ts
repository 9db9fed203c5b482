import type { Service, ServiceStatus } from "@mister-smith/sync";

/** Several parts as one, which is as well as the worst of them. */
export function together(name: string, parts: readonly [Service, ...Service[]]): Service {
  const service: Service = {
    name,
    start: async () => void (await Promise.all(parts.map((part) => part.start()))),
    stop: async () => void (await Promise.all(parts.map((part) => part.stop()))),
    status: () => {
      const statuses: readonly ServiceStatus[] = parts.map((part) => part.status());
      const worst =
        statuses.find(({ state }) => state === "stuck") ?? statuses.find(({ why }) => why !== undefined);
      return worst ?? parts[0].status();
    },
    [Symbol.asyncDispose]: () => service.stop(),
  };
  return service;
}
