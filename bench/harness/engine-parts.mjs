// Verbs that a store may have or not have yet. A benchmark of one that is not there is left out, with a line that says so.

/** @typedef {import('@cenotaph/core').ThreadStore} ThreadStore */

/**
 * @typedef {object} Compressing
 * @property {(ids: readonly string[]) => Promise<{ readonly compressed: readonly { readonly threadId: string,
 *   readonly before: number, readonly after: number }[] }>} compressThreads
 */

/** @typedef {{ readonly threadId: string, readonly ordinal: number }} Found */

/**
 * @typedef {object} Searching
 * @property {(text: string, options?: object) => AsyncIterable<Found> | Promise<{ readonly hits: readonly Found[] }>}
 *   searchThreads
 */

/**
 * @param {ThreadStore} store
 * @returns {(ThreadStore & Compressing) | undefined}
 */
export const compressing = (store) =>
  'compressThreads' in store ? /** @type {ThreadStore & Compressing} */ (store) : undefined

/**
 * @param {ThreadStore} store
 * @returns {(ThreadStore & Searching) | undefined}
 */
export const searching = (store) =>
  'searchThreads' in store ? /** @type {ThreadStore & Searching} */ (store) : undefined
