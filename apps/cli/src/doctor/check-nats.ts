import { hideSecrets } from "../output/hide-secrets.ts";
import type { Check } from "./check.ts";
import { probeNats } from "./probe-nats.ts";

/** Whether a NATS server answers there, with JetStream. */
export async function checkNats(url: string, timeoutMs: number): Promise<Check[]> {
  const answer = await probeNats(url, timeoutMs);
  const reach = { area: "nats", name: "connection", needed: true } as const;
  if (answer.kind === "silent") {
    return [
      {
        ...reach,
        state: "missing",
        found: `${hideSecrets(url)}: ${answer.reason}`,
        gives: "the fast path for state and events",
        remedy: "Start it, or correct SMITH_NATS_URL; `smith up` starts one here.",
      },
    ];
  }
  const found = `nats-server ${answer.info.version} at ${hideSecrets(url)}, ${answer.latencyMs.toFixed(1)} ms`;
  return [{ ...reach, state: "ok", found }, jetStream(answer.info.jetstream)];
}

function jetStream(enabled: boolean): Check {
  const check = { area: "nats", name: "JetStream", needed: true } as const;
  if (enabled) return { ...check, state: "ok", found: "enabled" };
  return {
    ...check,
    state: "missing",
    found: "not enabled",
    gives: "writes that are kept; without it nothing can be stored",
    remedy: "Start nats-server with --jetstream and a --store_dir on a disk that lasts.",
  };
}
