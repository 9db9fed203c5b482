import type { Agent } from "@mister-smith/client";
import type { Colours } from "../output/colours.ts";

/** The status of an agent, painted by how much it needs somebody. */
export function statusText(status: Agent["status"], colours: Colours): string {
  if (status === "error") return colours.red(status);
  if (status === "suspended") return colours.yellow(status);
  return status === "active" ? colours.green(status) : status;
}
