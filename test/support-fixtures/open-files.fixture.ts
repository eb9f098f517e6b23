// Which files this process has open, whoever opened them: the disk port, LevelDB, or a call below either.

import { readdirSync, readlinkSync } from 'node:fs'

const descriptors = '/proc/self/fd'

/** Paths under a folder that are open; none where the machine does not tell. */
export function openFilesUnder(folder: string): readonly string[] {
  return numbers().flatMap((number) => {
    const path = targetOf(number)
    return path?.startsWith(`${folder}/`) ? [path] : []
  })
}

function numbers(): readonly string[] {
  try {
    return readdirSync(descriptors)
  } catch {
    return []
  }
}

/** Undefined for one that was closed since it was listed. */
function targetOf(number: string): string | undefined {
  try {
    return readlinkSync(`${descriptors}/${number}`)
  } catch {
    return undefined
  }
}
