export * from "./migrator/index.ts";
