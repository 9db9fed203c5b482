import type { ServerPoolOptions } from "../pool/server-pool-options.ts";

/** A pool's options without what is told to whoever made the server. */
export type PoolPlan = Omit<ServerPoolOptions, "onConnect" | "onEvent" | "onServed" | "onIdleError">;
