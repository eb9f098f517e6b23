import type { Clock, Entropy } from '@cenotaph/storage'

/** A name for a file that nothing refers to by name. Sorts by time. */
export const uniqueName = ({ clock, entropy }: { clock: Clock; entropy: Entropy }): string =>
  `${clock.wallMs().toString(36)}-${Buffer.from(entropy.bytes(8)).toString('hex')}`

/** When a unique name was made: wall time in milliseconds; 0 where the text is no such name. */
export const timeOfName = (name: string): number =>
  Number.parseInt(name.split('-')[0] ?? '', 36) || 0
