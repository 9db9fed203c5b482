import { createMonitor, prometheusText } from "@mister-smith/monitoring";

const url = process.env["DATABASE_URL"] ?? "postgres://postgres@localhost/mister_smith";
await using monitor = await createMonitor({ url });

const { samples, collectors } = await monitor.look();
console.log(prometheusText(samples));
for (const { name, state, error } of collectors) {
  if (state !== "ok") console.error(`${name}: ${state}`, error ?? "");
}
