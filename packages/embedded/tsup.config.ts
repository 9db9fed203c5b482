import { defineConfig } from "tsup";

export default defineConfig({
  entry: { index: "src/index.ts", supervisor: "src/supervisor/main.ts" },
  format: "esm",
  target: "node24",
  platform: "node",
  dts: true,
  sourcemap: true,
  clean: true,
});
