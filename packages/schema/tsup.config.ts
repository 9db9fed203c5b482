import { cp } from "node:fs/promises";
import { defineConfig } from "tsup";

export default defineConfig({
  entry: ["src/index.ts"],
  format: "esm",
  target: "node24",
  platform: "node",
  dts: true,
  sourcemap: true,
  clean: true,
  // The package carries the migrations; migrationsFolder() finds them beside its own code.
  onSuccess: () => cp("../../migrations", "dist/migrations", { recursive: true }),
});
