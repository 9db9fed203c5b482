/** Of a text that is longer only its beginning is shown, in characters. */
const mostShown = 4_000;

/** A text from the database as it is sent to the page, which shows it as text: its beginning where it is long. */
export function shownText(text: string): string {
  return text.length <= mostShown ? text : `${text.slice(0, mostShown)} …`;
}
