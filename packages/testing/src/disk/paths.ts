import path from 'node:path'

/** Names from the root to the place; relative paths begin at the root too. */
export const partsOf = (place: string): string[] =>
  path.posix
    .normalize(`/${place}`)
    .split('/')
    .filter((part) => part !== '')
