/** The page's words, from one table per language. No sentence that a person reads stands in the code. */

const OFFERED = ["en", "es", "de", "fr"];
const FALLBACK = "en";

/** @typedef {Record<string, string>} Table */

export class Messages extends EventTarget {
  /** @type {Table} */
  #table = {};
  language = FALLBACK;

  static offered = OFFERED;

  /**
   * The language to begin with: the chosen one, else the first of the browser's that there is a table for.
   *
   * @param {string | null} chosen
   * @param {readonly string[]} preferred
   */
  static best(chosen, preferred) {
    const wished = [chosen, ...preferred].map((tag) => (tag ?? "").slice(0, 2).toLowerCase());
    return wished.find((code) => OFFERED.includes(code)) ?? FALLBACK;
  }

  /**
   * Fetch a table and speak that language from now on.
   *
   * @param {string} language
   */
  async load(language) {
    const answer = await fetch(`/messages/${language}.json`);
    if (!answer.ok) throw new Error(`messages/${language}.json: ${answer.status}`);
    this.#table = await answer.json();
    this.language = language;
    this.dispatchEvent(new Event("change"));
  }

  /**
   * The sentence for `key`, with `{name}` replaced.
   *
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   */
  say(key, values = {}) {
    const sentence = this.#table[key] ?? key;
    return sentence.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
  }

  /** @param {string} key */
  has(key) {
    return key in this.#table;
  }

  /**
   * Fill every element below `root` that names its sentence: `data-t` for its text, `data-t-label` for its name.
   *
   * @param {ParentNode} root
   */
  fill(root) {
    for (const element of root.querySelectorAll("[data-t]")) {
      element.textContent = this.say(element.getAttribute("data-t") ?? "");
    }
    for (const element of root.querySelectorAll("[data-t-label]")) {
      const label = this.say(element.getAttribute("data-t-label") ?? "");
      element.setAttribute("aria-label", label);
      if (element instanceof HTMLButtonElement) element.title = label;
    }
  }

  /**
   * A language's name in that language: "Español".
   *
   * @param {string} code
   */
  static ownName(code) {
    const name = new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
    return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
  }
}
