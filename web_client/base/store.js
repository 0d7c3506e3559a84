/**
 * A value that others watch. They are told at once, so that what is seen changes within the frame of its event.
 *
 * @template {object} T
 */
export class Store {
  /** @type {T} */
  #now;
  /** @type {Set<(now: T) => void>} */
  #watchers = new Set();

  /** @param {T} initial */
  constructor(initial) {
    this.#now = Object.freeze({ ...initial });
  }

  /** @returns {Readonly<T>} */
  get now() {
    return this.#now;
  }

  /**
   * Change some of it; nobody is told when nothing is different.
   *
   * @param {Partial<T>} changes
   */
  set(changes) {
    const keys = /** @type {(keyof T)[]} */ (Object.keys(changes));
    if (keys.every((key) => Object.is(this.#now[key], changes[key]))) return;
    this.#now = Object.freeze({ ...this.#now, ...changes });
    for (const watcher of [...this.#watchers]) watcher(this.#now);
  }

  /**
   * Be told now and after every change, until the returned function is called.
   *
   * @param {(now: T) => void} watcher
   * @returns {() => void}
   */
  watch(watcher) {
    this.#watchers.add(watcher);
    watcher(this.#now);
    return () => this.#watchers.delete(watcher);
  }
}
