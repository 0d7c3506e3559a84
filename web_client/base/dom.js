/** Small helpers: find what must be there, make what is new. */

/**
 * The element that `selector` names; a page without it is broken, and says so.
 *
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new (...args: never[]) => T} [kind]
 * @returns {T}
 */
export function part(root, selector, kind) {
  const found = root.querySelector(selector);
  if (!found || (kind && !(found instanceof kind))) throw new Error(`The page has no ${selector}.`);
  return /** @type {T} */ (found);
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | boolean | null>} [attributes] `true` for one without a value; `null` and `false`: absent
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/**
 * Give a button another picture; one that it has already is not fetched again.
 *
 * @param {HTMLElement} button
 * @param {string} name
 */
export function setIcon(button, name) {
  const use = button.querySelector("use");
  const picture = `/icons.svg#${name}`;
  if (!use) button.replaceChildren(icon(name));
  else if (use.getAttribute("href") !== picture) use.setAttribute("href", picture);
}

/**
 * A picture from icons.svg; decoration, so nobody hears of it.
 *
 * @param {string} name
 */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `/icons.svg#${name}`);
  picture.append(use);
  return picture;
}
