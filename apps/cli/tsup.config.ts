import { cp } from "node:fs/promises";
import { defineConfig } from "tsup";

export default defineConfig({
  entry: { main: "src/main.ts", index: "src/index.ts", config: "src/config/index.ts" },
  format: "esm",
  target: "node24",
  platform: "node",
  // Splitting keeps every import() a file of its own, so that a command costs only what it needs.
  splitting: true,
  dts: { entry: { index: "src/index.ts", config: "src/config/index.ts" } },
  sourcemap: true,
  clean: true,
  // The tool carries the runs that `smith demo` replays.
  onSuccess: () => cp("../../examples", "dist/examples", { recursive: true }),
});
