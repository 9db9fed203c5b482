import { get } from "node:http";
import { z } from "zod";

const health = z.object({ status: z.string() });
const jetStream = z.object({
  meta_cluster: z
    .object({
      leader: z.string().optional(),
      cluster_size: z.number().optional(),
      replicas: z.array(z.object({ current: z.boolean(), offline: z.boolean().optional() })).nullish(),
    })
    .optional(),
});

/** Whether the server says of itself that JetStream can be used. */
export async function isHealthy(monitoringPort: number): Promise<boolean> {
  const found = health.safeParse(await page(monitoringPort, "/healthz"));
  return found.success && found.data.status === "ok";
}

/** Whether the server leads the cluster's JetStream and sees all `size - 1` others up to date. */
export async function leadsWholeCluster(monitoringPort: number, size: number): Promise<boolean> {
  const found = jetStream.safeParse(await page(monitoringPort, "/jsz"));
  const replicas = found.data?.meta_cluster?.replicas ?? [];
  return (
    replicas.length === size - 1 && replicas.every((replica) => replica.current && replica.offline !== true)
  );
}

/** The page as JSON; undefined when the server does not answer (yet). */
function page(port: number, path: string): Promise<unknown> {
  return new Promise((resolve) => {
    const request = get({ host: "127.0.0.1", port, path, agent: false, timeout: 2_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => resolve(parseJson(body)));
      response.on("error", () => resolve(undefined));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(undefined));
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
