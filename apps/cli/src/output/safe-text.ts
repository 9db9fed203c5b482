// What moves a terminal's cursor, or turns the direction of writing: C0, DEL, C1, and the bidirectional controls.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const controls = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text of the database for a terminal: what would control it is shown as its code point. */
export function safeText(text: string): string {
  return text.replace(controls, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** {@link safeText} on one line of at most `width` characters; what is cut away leaves an ellipsis. */
export function shortText(text: string, width: number): string {
  const chars = [...safeText(text.slice(0, width * 2).replace(/\s+/g, " "))];
  const isWhole = chars.length <= width && text.length <= width * 2;
  return isWhole ? chars.join("") : `${chars.slice(0, width - 1).join("")}…`;
}
