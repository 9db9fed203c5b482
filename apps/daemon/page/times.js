import { el } from "./dom.js";
import { seconds } from "./figures.js";

const clockFormat = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const dayFormat = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});

/** @param {Date} moment */
export function clock(moment) {
  return clockFormat.format(moment);
}

/**
 * A moment of today by the clock, and another with its day; whole when pointed at.
 *
 * @param {string | null} iso
 */
export function when(iso) {
  if (iso === null) return el("span", {}, "–");
  const moment = new Date(iso);
  const isToday = moment.toDateString() === new Date().toDateString();
  return el(
    "time",
    { datetime: iso, title: moment.toLocaleString() },
    (isToday ? clockFormat : dayFormat).format(moment),
  );
}

/** @param {string} iso */
export function ago(iso) {
  return seconds(Math.max(1, Math.round((Date.now() - Date.parse(iso)) / 1_000)));
}
