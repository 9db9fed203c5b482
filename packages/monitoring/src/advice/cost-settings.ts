/** What the server's planner reckons with, by its settings. */
export interface CostSettings {
  readonly randomPage: number;
  readonly seqPage: number;
  readonly cpuTuple: number;
  readonly cpuIndexTuple: number;
  readonly cpuOperator: number;
}
