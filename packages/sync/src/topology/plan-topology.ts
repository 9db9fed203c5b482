import { compareConsumer } from "./compare-consumer.ts";
import { compareStream } from "./compare-stream.ts";
import type { FittedTopology } from "./fit-topology.ts";
import { consumerKey, type FoundTopology } from "./found-topology.ts";
import type { ConsumerSpec, StreamSpec } from "./topology.ts";
import type { Difference, TopologyStep } from "./topology-step.ts";

/**
 * Says what there is to do, and does nothing. What would lose stored messages, or what the server cannot change, is
 * refused with its reason, and then nothing of that stream, bucket or consumer is changed.
 *
 * The steps are in a safe order: a consumer comes right after its stream, because a stream with interest retention
 * keeps nothing while it has none.
 */
export function planTopology(wanted: FittedTopology, found: FoundTopology): TopologyStep[] {
  return wanted.streams.flatMap((spec) => {
    const step = streamStep(spec, found);
    const readable = step.action === "create" || found.streams.has(spec.stream);
    const consumers = wanted.consumers.filter(({ stream }) => stream === spec.stream);
    return [step, ...consumers.map((consumer) => consumerStep(consumer, found, readable))];
  });
}

function streamStep({ kind, name, stream, settings }: StreamSpec, found: FoundTopology): TopologyStep {
  const what = { kind, name, stream };
  if (found.silent.has(stream)) return { ...what, ...unknown };
  const taken = (found.taken.get(stream) ?? []).map(
    (one) => `its subject ${one.subject} is kept by the stream ${one.stream} already`,
  );
  const there = found.streams.get(stream);
  if (there === undefined) {
    return { ...what, action: taken.length === 0 ? "create" : "refuse", differences: [], reasons: taken };
  }
  const differences = compareStream(settings, there, found.readAt);
  const fixed = differences.length > 0 && there.unchangeable !== undefined ? [there.unchangeable] : [];
  return { ...what, ...judged(differences, [...fixed, ...taken]) };
}

function consumerStep(
  { kind, name, stream, settings }: ConsumerSpec,
  found: FoundTopology,
  readable: boolean,
): TopologyStep {
  const what = { kind, name, stream };
  const key = consumerKey({ stream, name });
  if (found.silent.has(stream) || found.silent.has(key)) return { ...what, ...unknown };
  const there = found.consumers.get(key);
  if (!readable) {
    return { ...what, action: "refuse", differences: [], reasons: [`its stream ${stream} is refused`] };
  }
  if (there === undefined) return { ...what, action: "create", differences: [], reasons: [] };
  return { ...what, ...judged(compareConsumer(settings, there), []) };
}

const unknown = {
  action: "unknown",
  differences: [],
  reasons: ["nobody answers for it: the server that holds it is down, or its leader is being elected"],
} as const;

function judged(
  differences: readonly Difference[],
  others: readonly string[],
): Pick<TopologyStep, "action" | "differences" | "reasons"> {
  const reasons = [
    ...others,
    ...differences.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal])),
  ];
  if (reasons.length > 0) return { action: "refuse", differences, reasons };
  return { action: differences.length === 0 ? "unchanged" : "update", differences, reasons };
}
