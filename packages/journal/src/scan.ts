// Byte search of many probes over one file, in bounded memory.

import path from 'node:path'
import { type Disk, type DiskFile, StoreError } from '@cenotaph/storage'
import { readLogRecords } from './leveldb-log.js'
import { ProbeSearch } from './probe-search.js'

const CHUNK_BYTES = 1024 * 1024

export interface Hit {
  readonly file: string
  /** Index of the probe. */
  readonly probe: number
}

export interface FileScan {
  /** Bytes of the file that were read. */
  readonly bytes: number
  /** One for each probe that was found, in the order of the probes. */
  readonly hits: readonly Hit[]
}

/**
 * Looks for `probes` in the file at `path`; a missing file holds none. A .log or MANIFEST file is read
 * twice: as bytes, and as records, because LevelDB splits a value where a block of its log ends.
 *
 * Errors: ARGUMENT_INVALID for an empty probe, and for any file named LOCK: closing a descriptor of it
 * would drop this process's lock on the database, and a second process could then destroy what was
 * acknowledged. DISK_ERROR.
 */
export async function scanFile(
  disk: Disk,
  name: string,
  probes: readonly Uint8Array[],
): Promise<FileScan> {
  const base = path.basename(name)
  if (base === 'LOCK')
    throw new StoreError('ARGUMENT_INVALID', 'the lock of a database is never opened', {
      detail: { path: name },
    })
  const search = new ProbeSearch(probes)
  const file = await disk.openRead(name)
  if (!file) return { bytes: 0, hits: [] }
  try {
    const bytes = await scanBytes(file, search)
    if (/^(\d+\.log|MANIFEST-\d+)$/.test(base)) {
      const source = {
        size: bytes,
        read: (offset: number, length: number) => file.read(offset, length),
      }
      for await (const record of readLogRecords(source)) search.look(record)
    }
    return { bytes, hits: search.found().map((probe) => ({ file: name, probe })) }
  } finally {
    await file.close()
  }
}

/** Chunks overlap by one byte less than the longest probe. To the end of the file as it then is. */
async function scanBytes(file: DiskFile, search: ProbeSearch): Promise<number> {
  let kept: Uint8Array = new Uint8Array()
  for (let offset = 0; ; ) {
    const chunk = await file.read(offset, CHUNK_BYTES)
    if (chunk.length === 0) return offset
    const joined = Buffer.concat([kept, chunk])
    search.look(joined)
    kept = joined.subarray(Math.max(0, joined.length - search.longestBytes + 1))
    offset += chunk.length
  }
}
