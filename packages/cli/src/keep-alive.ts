import { MessageChannel } from 'node:worker_threads'

/**
 * Keeps the process from ending while something is awaited that Node does not count, such as the next event of a
 * store: without it the process would end in the middle, with status 0 and an open store. Returns the release.
 */
export function keepAlive(): () => void {
  const { port1 } = new MessageChannel()
  // A port with a listener counts.
  port1.on('message', () => {})
  return () => port1.close()
}
