// Append groups: one value `j/<sequence>` with the lines that waited for the batch before it, a section a subject where
// they follow each other and nothing is tagged. The head lists the sections in the order in which their bytes follow:
//
//   ['w', subject, generation, offset, first, count, length, tag length]        bytes and tag follow
//   ['p', subject, generation, offset, first, count, length, crc, tag length]   tag follows
//   ['r', subject, generation, offset, length]                                  nothing follows
//
// w: written here, in full. p: points at bytes that are in the subject's file already. r: a reserve.
// A tag length of -1 says that there is no tag.

import { StoreError } from '@cenotaph/storage'
import { readFrame, sealFrame } from './framed.js'
import type { Sequence } from './keys.js'

interface Place {
  /** Opaque id of what the lines belong to. */
  readonly subject: string
  /** Number that a rewrite of the subject's file raises; replay skips other generations. */
  readonly generation: number
  /** Byte offset in the subject's file. */
  readonly offset: number
}

interface Lines extends Place {
  /** Ordinal of the first line. */
  readonly first: number
  /** Number of lines. */
  readonly count: number
  /** Opaque bytes of the caller, kept with the section. */
  readonly tag?: Uint8Array
}

/** Lines whose bytes the journal holds until the checkpoint. */
export interface Section extends Lines {
  readonly bytes: Uint8Array
}

/** Lines whose bytes were made durable in the subject's file, inside of an earlier reserve. */
export interface ReservedSection extends Lines {
  /** Bytes. */
  readonly length: number
  /** CRC-32 of those bytes. */
  readonly crc: number
}

/** A place that may hold any bytes until a {@link ReservedSection} commits them. */
export interface Reservation extends Place {
  /** Bytes. */
  readonly length: number
}

export interface GroupRecord {
  readonly sequence: Sequence
  /** In the order of their appends. */
  readonly sections: readonly (Section | ReservedSection)[]
  readonly reserves: readonly Reservation[]
}

export type GroupMember = Section | ReservedSection | Reservation

export const isInline = (member: GroupMember): member is Section => 'bytes' in member

const isReserved = (member: GroupMember): member is ReservedSection => 'crc' in member

/** What stands in the head for one section, and the bytes that follow for it. */
interface Entry {
  readonly head: unknown[]
  readonly parts: Uint8Array[]
  /** Lines to which those of a later member may be added. */
  readonly lines: { readonly section: Section; bytes: number; count: number } | undefined
}

/** The sealed value of a group: lines of a subject that follow each other are one section. */
export function sealGroup(key: string, members: readonly GroupMember[]): Uint8Array {
  const entries: Entry[] = []
  const last = new Map<string, Entry>()
  for (const member of members) {
    const before = last.get(member.subject)
    if (before && addLines(before, member)) continue
    const entry = entryOf(member)
    entries.push(entry)
    last.set(member.subject, entry)
  }
  const heads = entries.map(({ head, lines }) =>
    lines ? [...head, lines.count, lines.bytes, -1] : head,
  )
  return sealFrame(
    key,
    heads,
    entries.flatMap(({ parts }) => parts),
  )
}

function entryOf(member: GroupMember): Entry {
  const { subject, generation, offset } = member
  if (isInline(member)) {
    const { first, count, bytes, tag } = member
    const head = ['w', subject, generation, offset, first]
    return tag
      ? { head: [...head, count, bytes.length, tag.length], parts: [bytes, tag], lines: undefined }
      : { head, parts: [bytes], lines: { section: member, bytes: bytes.length, count } }
  }
  if (!isReserved(member))
    return { head: ['r', subject, generation, offset, member.length], parts: [], lines: undefined }
  const { first, count, length, crc, tag } = member
  return {
    head: ['p', subject, generation, offset, first, count, length, crc, tag?.length ?? -1],
    parts: tag ? [tag] : [],
    lines: undefined,
  }
}

/** Whether the member's lines follow those of the entry, which has them then. */
function addLines({ lines, parts }: Entry, member: GroupMember): boolean {
  if (!lines || !isInline(member) || member.tag) return false
  const { section, bytes, count } = lines
  if (member.generation !== section.generation) return false
  if (member.offset !== section.offset + bytes || member.first !== section.first + count)
    return false
  parts.push(member.bytes)
  lines.bytes += member.bytes.length
  lines.count += member.count
  return true
}

/** Reads an unsealed group. Throws LEVEL_DAMAGED `{ key }` where it has another form. Bytes are views. */
export function readGroup(key: string, sequence: Sequence, body: Uint8Array): GroupRecord {
  const frame = readFrame(body)
  const sections: (Section | ReservedSection)[] = []
  const reserves: Reservation[] = []
  let rest = frame?.rest ?? new Uint8Array()
  const take = (length: number): Uint8Array => {
    if (length > rest.length) throw malformed(key)
    const bytes = rest.subarray(0, length)
    rest = rest.subarray(length)
    return bytes
  }
  if (!Array.isArray(frame?.head)) throw malformed(key)
  for (const entry of frame.head as unknown[]) {
    if (!isEntry(entry)) throw malformed(key)
    const [kind, subject, generation, offset, ...numbers] = entry
    const place = { subject, generation, offset }
    const [a = 0, b = 0, c = 0, d = -1, e = -1] = numbers
    if (kind === 'w') {
      const bytes = take(c)
      const tag = d < 0 ? {} : { tag: take(d) }
      sections.push({ ...place, first: a, count: b, bytes, ...tag })
    } else if (kind === 'p') {
      const tag = e < 0 ? {} : { tag: take(e) }
      sections.push({ ...place, first: a, count: b, length: c, crc: d, ...tag })
    } else reserves.push({ ...place, length: a })
  }
  if (rest.length > 0) throw malformed(key)
  return { sequence, sections, reserves }
}

type HeadEntry = [
  kind: 'w' | 'p' | 'r',
  subject: string,
  generation: number,
  offset: number,
  ...number[],
]

const entryLengths: Record<string, number> = { w: 8, p: 9, r: 5 }

function isEntry(entry: unknown): entry is HeadEntry {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string') return false
  if (entryLengths[entry[0]] !== entry.length || typeof entry[1] !== 'string') return false
  return entry.slice(2).every(Number.isSafeInteger)
}

const malformed = (key: string): StoreError =>
  new StoreError('LEVEL_DAMAGED', `the append group under ${key} cannot be read`, {
    detail: { key },
  })
