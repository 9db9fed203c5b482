/** What calls are grouped with. */
export interface GroupCallsOptions<Input, Output> {
  /** Runs many at once; answers in the order of the inputs. All of them, or none. */
  readonly runMany: (inputs: readonly Input[]) => Promise<readonly Output[]>;
  /** The most inputs of one run. */
  readonly maxSize: number;
  /** The most that the inputs of one run weigh together; one that weighs more is run alone. Default: without limit. */
  readonly maxWeight?: number;
  /** What an input weighs. Default: nothing. */
  readonly weightOf?: (input: Input) => number;
  /** Whether a failure may be the fault of one input alone, so that each is worth a run of its own. */
  readonly isFaultOfOne: (error: unknown) => boolean;
}

interface Call<Input, Output> {
  readonly input: Input;
  readonly resolve: (output: Output) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes one run of many calls: those that come while a run is under way go together into the next one. A call that is
 * alone is not held up. When a run fails by the fault of one input, each is run alone, and only that one's caller hears
 * of it.
 */
export function groupCalls<Input, Output>(
  options: GroupCallsOptions<Input, Output>,
): (input: Input) => Promise<Output> {
  let waiting: Call<Input, Output>[] = [];
  let running = false;

  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject });
      if (running) return;
      running = true;
      // What is called in the same turn of the event loop goes together.
      queueMicrotask(runAll);
    });

  async function runAll(): Promise<void> {
    while (waiting.length > 0) {
      const size = sizeOfNext(options, waiting);
      const group = waiting.slice(0, size);
      waiting = waiting.slice(size);
      await runGroup(options, group);
      // Callers that were answered just now may call again in this turn.
      await undefined;
    }
    running = false;
  }
}

/** How many of those that wait go into the next run: one at least. */
function sizeOfNext<Input, Output>(
  { maxSize, maxWeight = Number.POSITIVE_INFINITY, weightOf }: GroupCallsOptions<Input, Output>,
  waiting: readonly Call<Input, Output>[],
): number {
  const most = Math.min(waiting.length, maxSize);
  if (weightOf === undefined) return most;
  let weight = 0;
  for (let at = 0; at < most; at += 1) {
    weight += weightOf((waiting[at] as Call<Input, Output>).input);
    if (weight > maxWeight) return Math.max(at, 1);
  }
  return most;
}

async function runGroup<Input, Output>(
  options: GroupCallsOptions<Input, Output>,
  group: readonly Call<Input, Output>[],
): Promise<void> {
  try {
    const outputs = await options.runMany(group.map(({ input }) => input));
    // One answer each, by the contract of runMany.
    for (const [at, { resolve }] of group.entries()) resolve(outputs[at] as Output);
  } catch (error) {
    if (group.length === 1 || !options.isFaultOfOne(error)) for (const { reject } of group) reject(error);
    else for (const call of group) await runGroup(options, [call]);
  }
}
