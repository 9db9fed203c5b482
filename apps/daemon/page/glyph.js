const shapes = {
  // A state is told by its shape and its word as well, never by its colour alone.
  ok: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM5 8.2l2.2 2.2L11.2 6",
  warning: "M8 1.8 15 14H1L8 1.8ZM8 6.2v3.6M8 11.7v.3",
  critical: "M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2l3.7-3.7ZM5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8",
  unknown: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM4.8 8h.1M8 8h.1M11.2 8h.1",
};

const svg = "http://www.w3.org/2000/svg";

/**
 * The sign of a level; the word beside it says the same to those who do not see it.
 *
 * @param {string} level
 */
export function glyph(level) {
  const known = level in shapes ? /** @type {keyof typeof shapes} */ (level) : "unknown";
  const image = document.createElementNS(svg, "svg");
  image.setAttribute("viewBox", "0 0 16 16");
  image.setAttribute("class", `glyph ${known}`);
  image.setAttribute("aria-hidden", "true");
  const [outline = "", ...marks] = shapes[known].split(/(?<=[Zz])/);
  for (const [path, part] of [
    [outline, "outline"],
    [marks.join(""), "mark"],
  ]) {
    const drawn = document.createElementNS(svg, "path");
    drawn.setAttribute("d", path ?? "");
    drawn.setAttribute("class", part ?? "");
    image.append(drawn);
  }
  return image;
}
