// @ts-check
// How a child process calls its store: a program names methods, with arguments that went through JSON.

/** A host that keeps nothing: functions do not fit into JSON. @param {string} name */
export const participant = (name) => ({ name, erase: async () => {}, verify: async () => [] })

/**
 * @param {import('@cenotaph/core').ThreadStore} store
 * @param {import('./run-child.js').Call} call
 * @returns {Promise<{ readonly skipped?: readonly unknown[] } | undefined>}
 */
export async function callStore(store, [method, ...words]) {
  const args =
    method === 'registerParticipant' ? /** @type {string[]} */ (words).map(participant) : words
  const [verb = '', verbOfThread] = method.split('.')
  const verbs = /** @type {Record<string, any>} */ (/** @type {unknown} */ (store))
  if (verbOfThread === undefined) return verbs[method](...args)
  // As `retention.run`, of what it has for all threads.
  if (typeof verbs[verb] === 'object') return verbs[verb][verbOfThread](...args)
  // Or as `attachments.put`, of what it has for one thread.
  return verbs[verb](args[0])[verbOfThread](...args.slice(1))
}
