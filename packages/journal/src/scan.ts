// Byte search of many probes over one file, in bounded memory.

import path from 'node:path'
import { breathe, type Disk, type DiskFile, StoreError } from '@cenotaph/storage'
import { readLogRecords } from './leveldb-log.js'
import { indexProbes, type Look, type ProbeIndex } from './probe-index.js'

/** So much is looked at before other work gets a turn. */
const CHUNK_BYTES = 64 * 1024

export interface Hit {
  readonly file: string
  /** Index of the probe. */
  readonly probe: number
}

export interface FileScan {
  /** Bytes of the file that were read; undefined where there was none. */
  readonly bytes: number | undefined
  /** One for each probe that was found, in the order of the probes. */
  readonly hits: readonly Hit[]
}

/**
 * Looks for `probes` in the file at `path`; a missing file holds none. Whoever scans many files makes the index once. A .log or MANIFEST file is read
 * twice: as bytes, and as records, because LevelDB splits a value where a block of its log ends.
 *
 * Errors: ARGUMENT_INVALID for an empty probe, and for any file named LOCK: closing a descriptor of it
 * would drop this process's lock on the database, and a second process could then destroy what was
 * acknowledged. DISK_ERROR.
 */
export async function scanFile(
  disk: Disk,
  name: string,
  probes: readonly Uint8Array[] | ProbeIndex,
): Promise<FileScan> {
  const base = path.basename(name)
  if (base === 'LOCK')
    throw new StoreError('ARGUMENT_INVALID', 'the lock of a database is never opened', {
      detail: { path: name },
    })
  const index = 'begin' in probes ? probes : await indexProbes(probes)
  const file = await disk.openRead(name)
  if (!file) return { bytes: undefined, hits: [] }
  const search = index.begin()
  try {
    const bytes = await scanBytes(file, search, index.longestBytes)
    if (/^(\d+\.log|MANIFEST-\d+)$/.test(base)) {
      const source = {
        size: bytes,
        read: (offset: number, length: number) => file.read(offset, length),
      }
      for await (const record of readLogRecords(source)) await lookThrough(record, search, index)
    }
    return { bytes, hits: search.found().map((probe) => ({ file: name, probe })) }
  } finally {
    await file.close()
  }
}

/** Chunks overlap by one byte less than the longest probe. To the end of the file as it then is. */
async function scanBytes(file: DiskFile, search: Look, longestBytes: number): Promise<number> {
  const overlap = Math.max(0, longestBytes - 1)
  for (let end = 0; ; ) {
    const start = Math.max(0, end - overlap)
    const chunk = await file.read(start, end - start + CHUNK_BYTES)
    if (start + chunk.length <= end) return end
    search.look(chunk)
    end = start + chunk.length
  }
}

/** A record may be as long as a group of appends. */
async function lookThrough(
  record: Uint8Array,
  search: Look,
  { longestBytes }: ProbeIndex,
): Promise<void> {
  for (let start = 0; start < record.length; start += CHUNK_BYTES) {
    if (start > 0) await breathe()
    search.look(record.subarray(start, start + CHUNK_BYTES + longestBytes - 1))
  }
}
