export { type ChaosCycle, type ChaosOptions, type ChaosReport, runChaos } from "./run-chaos.ts";
