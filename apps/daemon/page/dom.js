/**
 * Makes an element. Whatever is text becomes text, and never markup: what the database holds is shown, not run.
 *
 * @param {string} tag with classes after dots: `p.note.wide`
 * @param {Record<string, string | number | boolean | null | undefined>} attributes true: without a value; false, null: left out
 * @param {...(Node | string | number | null | undefined)} children
 */
export function el(tag, attributes = {}, ...children) {
  const [name = "div", ...classes] = tag.split(".");
  const made = document.createElement(name);
  if (classes.length > 0) made.className = classes.join(" ");
  set(made, attributes);
  fill(made, ...children);
  return made;
}

/**
 * @param {Element} element
 * @param {Record<string, string | number | boolean | null | undefined>} attributes
 */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) element.removeAttribute(name);
    else if (element.getAttribute(name) !== String(value))
      element.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * Puts children in place of those that there are.
 *
 * @param {Element} element
 * @param {...(Node | string | number | null | undefined)} children
 */
export function fill(element, ...children) {
  const given = children.filter((child) => child !== null && child !== undefined);
  element.replaceChildren(...given.map((child) => (child instanceof Node ? child : String(child))));
}

/**
 * Brings the children of an element to the items, one each. One that was there stays the same element, with its focus and what is
 * open in it.
 *
 * @template Item
 * @param {Element} parent
 * @param {readonly Item[]} items
 * @param {(item: Item) => string} keyOf
 * @param {(item: Item) => HTMLElement} make
 * @param {(element: HTMLElement, item: Item) => void} [update]
 */
export function keyed(parent, items, keyOf, make, update = () => {}) {
  const before = new Map([...parent.children].map((child) => [child.getAttribute("data-key"), child]));
  let at = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const found = before.get(key);
    before.delete(key);
    const element = found instanceof HTMLElement ? found : make(item);
    if (found === undefined) element.setAttribute("data-key", key);
    update(element, item);
    if (element === at) at = at.nextElementSibling;
    else parent.insertBefore(element, at);
  }
  for (const gone of before.values()) gone.remove();
}

/**
 * The element of an id that the page has.
 *
 * @param {string} id
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
}
