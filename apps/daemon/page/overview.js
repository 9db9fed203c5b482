import { byId, el, fill, keyed, set } from "./dom.js";
import { bytes, count, milliseconds, perSecond, seconds, unknown } from "./figures.js";
import { glyph } from "./glyph.js";
import { ago, clock } from "./times.js";

/** @typedef {import("../src/dashboard/documents/overview-document.ts").OverviewDocument} Overview */

/**
 * A row of a list of facts; none of one that is not there.
 *
 * @param {string} name
 * @param {string | null} value
 */
function fact(name, value) {
  return el("div.fact", {}, el("dt", {}, name), el("dd", {}, value ?? unknown));
}

/** @param {string} level @param {string} word */
function state(level, word) {
  return el("p.state", { "data-level": level }, glyph(level), el("span", {}, word));
}

/** @param {Overview["jetstream"]} store */
function showJetstream(store) {
  fill(
    byId("jetstream"),
    el("header", {}, el("h2", {}, store.name), state(store.level, store.word)),
    store.why === null ? null : el("p.store-why", {}, store.why),
    store.hasBucket === false ? el("p.store-why", {}, "The bucket of agent state is not there.") : null,
    el(
      "dl",
      {},
      fact("keys of state", count(store.keys)),
      fact("messages", count(store.messages)),
      fact("in the bucket", bytes(store.bytes)),
      fact("answers in", milliseconds(store.answersInMs)),
    ),
    el(
      "p.store-foot",
      {},
      [store.version && `nats-server ${store.version}`, store.address].filter(Boolean).join(" · "),
    ),
  );
}

/** @param {Overview["postgres"]} store */
function showPostgres(store) {
  const version = store.version?.split(" ")[0];
  const used =
    store.connections === null ? null : `${count(store.connections)} of ${count(store.connectionLimit)}`;
  fill(
    byId("postgres"),
    el("header", {}, el("h2", {}, store.name), state(store.level, store.word)),
    store.why === null ? null : el("p.store-why", {}, store.why),
    el(
      "dl",
      {},
      fact("transactions", perSecond(store.transactionsPerSecond)),
      fact("connections", used),
      fact("database", bytes(store.databaseBytes)),
      fact("answers in", milliseconds(store.answersInMs)),
    ),
    el(
      "p.store-foot",
      {},
      [version && `PostgreSQL ${version}`, store.startedAt && `up ${ago(store.startedAt)}`, store.address]
        .filter(Boolean)
        .join(" · "),
    ),
  );
}

/** @param {Overview["pipes"][number]} pipe */
function makePipe(pipe) {
  const to = pipe.from === "jetstream" ? "to PostgreSQL" : "to JetStream";
  return el(
    "li.pipe",
    { "data-from": pipe.from },
    el("p.pipe-title", {}, el("strong", {}, pipe.title), " ", el("span.quiet", {}, to)),
    el("div.pipe-line", { "aria-hidden": true }, el("span.pipe-flow"), el("span.pipe-head")),
    el("p.pipe-facts"),
  );
}

/** @param {number} waiting @param {string} things @param {string} verb */
function waitingText(waiting, things, verb) {
  const isOne = waiting === 1;
  const named = `${count(waiting)} ${isOne ? things.replace(/s$/, "") : things}`;
  return verb === "" ? named : `${named} ${isOne ? `${verb}s` : verb}`;
}

/** @param {HTMLElement} element @param {Overview["pipes"][number]} pipe */
function updatePipe(element, pipe) {
  set(element, { "data-level": pipe.level, "data-moving": (pipe.perSecond ?? 0) > 0 });
  const told = [
    pipe.waiting === null
      ? null
      : waitingText(pipe.waiting, pipe.things, pipe.role === "hydrate" ? "" : "wait"),
    pipe.lagSeconds === null || pipe.waiting === 0 ? null : `for ${seconds(pipe.lagSeconds)}`,
    pipe.perSecond === null ? null : perSecond(pipe.perSecond),
  ].filter((one) => one !== null);
  const facts = element.querySelector(".pipe-facts");
  if (facts === null) return;
  fill(
    facts,
    state(pipe.level, pipe.word),
    el("span.pipe-figures", {}, told.join(" · ")),
    pipe.why === null ? null : el("span.pipe-why", {}, pipe.why),
  );
}

/** @param {Overview["roles"][number]} role */
function makeRole(role) {
  return el("li", {}, el("span.role-name", {}, role.role), el("span.role-state"));
}

/** @param {HTMLElement} element @param {Overview["roles"][number]} role */
function updateRole(element, role) {
  set(element, {
    "data-level": role.level,
    title: role.why ?? (role.leader === null ? "" : `led by ${role.leader}`),
  });
  const place = element.querySelector(".role-state");
  if (place !== null) fill(place, glyph(role.level), role.word);
}

/** @type {string | undefined} */
let shownState;

/** @param {string} level @param {string} headline @param {readonly string[]} why */
function showState(level, headline, why) {
  const now = JSON.stringify([level, headline, why]);
  // Said again only when it is another one: it is read aloud.
  if (now === shownState) return;
  shownState = now;
  set(byId("state"), { "data-level": level });
  fill(byId("state-glyph"), glyph(level));
  byId("headline").textContent = headline;
  fill(byId("why"), ...why.map((one) => el("li", {}, one)));
  document.title = level === "ok" ? "Mister Smith" : `${headline} – Mister Smith`;
}

/** @param {Overview} overview */
export function showOverview(overview) {
  const { alerts, deadLetters, level, headline } = overview;
  const dead = deadLetters?.reduce((all, one) => all + one.count, 0) ?? 0;
  const notes =
    dead > 0 ? [`${count(dead)} dead letters wait for a person: smith sync dead-letters list`] : [];
  const pending =
    alerts !== null && alerts.pending > 0
      ? [`${alerts.pending} values are past a threshold, but not for long`]
      : [];
  showState(level, headline, [...overview.why, ...notes, ...pending]);
  showJetstream(overview.jetstream);
  showPostgres(overview.postgres);
  keyed(byId("pipes"), overview.pipes, (pipe) => pipe.role, makePipe, updatePipe);
  keyed(byId("roles"), overview.roles, (role) => role.role, makeRole, updateRole);
  byId("overview").classList.remove("old");
  byId("as-of").textContent = `as of ${clock(new Date(overview.at))}`;
  const measured = {
    "this smithd": "this smithd measures PostgreSQL",
    "this page": "another smithd measures PostgreSQL; this page asks for itself while it is open",
    nobody: "nobody measures PostgreSQL now",
  };
  fill(
    byId("foot"),
    el(
      "p",
      {},
      `smithd ${overview.daemon.version}, up ${ago(overview.daemon.startedAt)}, ${overview.daemon.holder}`,
    ),
    el("p", {}, `${measured[overview.measuredBy]}. This page only reads.`),
  );
}

/** @param {Error} error */
export function showUnreachable(error) {
  byId("overview").classList.add("old");
  showState("critical", "smithd does not answer", [
    error.message,
    "What is shown is from before; it is asked again.",
  ]);
}
