import type { Executor } from "../executor/executor.ts";
import type { Page } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { type Embeddings, embeddingsOn } from "./embeddings/embeddings.ts";
import type { Fact } from "./fact.ts";
import { bestFact, type FactConfidence, factConfidence } from "./fact-confidence.ts";
import type { FactFilter } from "./fact-filter.ts";
import { factHistory } from "./fact-history.ts";
import type { FactContent, FactSubject, NewFact } from "./fact-input.ts";
import { type AboutEntity, factsAbout } from "./facts-about.ts";
import { type AsOf, factsAsOf } from "./facts-as-of.ts";
import { type FindFacts, findFacts } from "./find-facts.ts";
import { getFact } from "./get-fact.ts";
import { recordFact, recordFacts } from "./record-facts.ts";
import { type Retraction, retractFact } from "./retract-fact.ts";
import { type FoundFact, type SearchFacts, searchFacts } from "./search-facts.ts";
import { streamFacts } from "./stream-facts.ts";
import { supersedeFact } from "./supersede-fact.ts";

/**
 * What agents found out.
 *
 * A fact says something about an entity: a predicate and an object. It is valid from a moment on, and until another or
 * for as far as is known. Facts are not changed but superseded or retracted, so what was held earlier stays to be asked
 * for. Several facts about one predicate may be valid at once: of several sources, say.
 */
export interface Knowledge {
  /** Embeddings of facts, for search by meaning. */
  readonly embeddings: Embeddings;
  /**
   * Writes down a fact. A broken connection leaves no doubt: the call is repeated and records once.
   * @throws ClientError `INVALID_INPUT`; `NOT_FOUND` naming the source agent
   */
  record(fact: NewFact, options?: QueryOptions): Promise<Fact>;
  /** Writes down any number of facts, in one round trip: all of them, or none. In the given order. See `record`. */
  recordMany(facts: readonly NewFact[], options?: QueryOptions): Promise<readonly Fact[]>;
  /** Reads a fact; null when there is none. */
  get(factId: string, options?: QueryOptions): Promise<Fact | null>;
  /** What is held about an entity now, by predicate and beginning. */
  about(entity: AboutEntity, options?: QueryOptions): Promise<readonly Fact[]>;
  /** What was held about an entity at a moment, with what is known today or what was known at another moment. */
  asOf(entity: AsOf, options?: QueryOptions): Promise<readonly Fact[]>;
  /** Everything that was ever held about a predicate of an entity, and will be, the earliest beginning first. */
  history(subject: FactSubject, options?: QueryOptions): Promise<readonly Fact[]>;
  /**
   * Ends a fact exactly where a new one about the same subject begins, and returns the new one; both happen or neither.
   * Of those who supersede one fact at once, one succeeds.
   *
   * The new one begins at `validFrom`, by default now. That may lie in the past, as long as the old one had begun: it is
   * ended in hindsight. It may lie in the future: the old one holds until then. Of a fact that begins only later,
   * nothing is left by default: the new one begins a microsecond after it. A broken connection leaves no doubt: the
   * call is repeated and supersedes once.
   * @throws ClientError `NOT_FOUND` naming the fact or the source agent; `WRONG_STATUS` when the fact has an end already
   *   (also one to come: record what is true from there on), or would end before it begins
   */
  supersede(factId: string, fact: FactContent, options?: QueryOptions): Promise<Fact>;
  /**
   * Ends a fact without another in its place, by default now; an end to come is brought forward. Of a fact that begins
   * only later, nothing is left.
   * @throws ClientError `NOT_FOUND`; `WRONG_STATUS` when it has ended by then already, or would end before it begins
   */
  retract(factId: string, retraction?: Retraction, options?: QueryOptions): Promise<Fact>;
  /** Finds facts, what was written down last first, page by page; by default those valid now. */
  find(filter?: FindFacts, options?: QueryOptions): Promise<Page<Fact>>;
  /** Searches the texts of facts (those of the type `text`), the best match first; by default those valid now. */
  searchText(search: SearchFacts, options?: QueryOptions): Promise<readonly FoundFact[]>;
  /** Reads facts one after the other, in no order, for what does not fit in memory; by default those valid now. */
  stream(filter: FactFilter, options?: QueryOptions): AsyncIterable<Fact>;
  /** How sure the facts are that a filter finds: how many, their average and highest confidence. */
  confidence(filter: FactFilter, options?: QueryOptions): Promise<FactConfidence>;
  /** The surest of the facts that a filter finds, of equals the one that began last; null when it finds none. */
  best(filter: FactFilter, options?: QueryOptions): Promise<Fact | null>;
}

/** Binds the questions about knowledge to a database or a transaction. */
export function knowledgeOf(on: Executor): Knowledge {
  return {
    embeddings: embeddingsOn(on),
    record: (fact, options) => recordFact(on, fact, options),
    recordMany: (facts, options) => recordFacts(on, facts, options),
    get: (factId, options) => getFact(on, factId, options),
    about: (entity, options) => factsAbout(on, entity, options),
    asOf: (entity, options) => factsAsOf(on, entity, options),
    history: (subject, options) => factHistory(on, subject, options),
    supersede: (factId, fact, options) => supersedeFact(on, factId, fact, options),
    retract: (factId, retraction, options) => retractFact(on, factId, retraction, options),
    find: (filter, options) => findFacts(on, filter, options),
    searchText: (search, options) => searchFacts(on, search, options),
    stream: (filter, options) => streamFacts(on, filter, options),
    confidence: (filter, options) => factConfidence(on, filter, options),
    best: (filter, options) => bestFact(on, filter, options),
  };
}
