// The bytes of the tombstone file, version 1. Numbers are little-endian, checksums CRC-32.
//
//   header   the line `cenotaph tombstones <version> <crc of what is before it, 8 hex digits>`
//   record   "TOMB" · length of the body (4) · body · crc of all of that (4)
//   seal     "SEAL" · offset of its record (8) · crc that its record ends with (4) · crc of all of that (4)
//
// Every record is followed by its seal, written after the record had been synced. So the two ways in which
// a last record can be bad are told apart: one that a crash tore has no seal behind it and was never
// acknowledged; one that rotted has, and is damage. Without that, one flipped bit would wake the dead.

import { crc32 } from 'node:zlib'
import { StoreError } from '@cenotaph/storage'
import { decodeBody, encodeBody, type TombstoneRecord } from './tombstone-record.js'

const formatVersion = 1
const recordMagic = Buffer.from('TOMB')
const sealMagic = Buffer.from('SEAL')
const sealLengthBytes = 20
const frameLengthBytes = 12
const maxHeaderBytes = 64

/** The first line of a file. */
export const encodeHeader = (version: number = formatVersion): Uint8Array => {
  const text = `cenotaph tombstones ${version} `
  return Buffer.from(`${text}${crc32(text).toString(16).padStart(8, '0')}\n`)
}

/** `entries`: those of a set, where they are packed already. */
export function encodeRecord(record: TombstoneRecord, entries?: Uint8Array): Uint8Array {
  const body = encodeBody(record, entries)
  const frame = Buffer.alloc(body.length + frameLengthBytes)
  recordMagic.copy(frame, 0)
  frame.writeUInt32LE(body.length, 4)
  frame.set(body, 8)
  frame.writeUInt32LE(crc32(frame.subarray(0, -4)), frame.length - 4)
  return frame
}

/** The seal of a record whose encoding starts at `offset`. */
export function encodeSeal(offset: number, record: Uint8Array): Uint8Array {
  const seal = Buffer.alloc(sealLengthBytes)
  sealMagic.copy(seal, 0)
  seal.writeBigUInt64LE(BigInt(offset), 4)
  seal.set(record.subarray(-4), 12)
  seal.writeUInt32LE(crc32(seal.subarray(0, -4)), 16)
  return seal
}

/** A whole file of these records, as `TombstoneFile` would have written it. */
export function encodeTombstones(records: Iterable<TombstoneRecord>): Uint8Array {
  const pieces: Uint8Array[] = [encodeHeader()]
  let end = pieces[0]!.length
  for (const record of records) {
    const bytes = encodeRecord(record)
    const seal = encodeSeal(end, bytes)
    pieces.push(bytes, seal)
    end += bytes.length + seal.length
  }
  return Buffer.concat(pieces)
}

export interface DecodedTombstones {
  /** Sealed records, in order. */
  readonly records: readonly TombstoneRecord[]
  /** Where they end. */
  readonly end: number
  /** A whole record at `end` that has no seal. It may have been acknowledged, so it counts. */
  readonly unsealed: TombstoneRecord | undefined
}

/**
 * Reads a whole file. What follows `end` and `unsealed` is what a crash tore. TOMBSTONES_DAMAGED, with the
 * `offset`, for any other bytes that are not as they were written; STORE_FORMAT_NEWER for a later version.
 */
export function decodeTombstones(bytes: Uint8Array): DecodedTombstones {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const records: TombstoneRecord[] = []
  let end = headerEnd(view)
  while (end < view.length) {
    const found = recordAt(view, end)
    const sealAt = end + (found?.length ?? 0)
    if (!found || !sealFits(view, sealAt, end)) {
      if (holdsSeal(view, sealAt)) throw damaged(found ? sealAt : end)
      return { records, end, unsealed: found?.record }
    }
    records.push(found.record)
    end = sealAt + sealLengthBytes
  }
  return { records, end, unsealed: undefined }
}

export const damaged = (offset: number): StoreError =>
  new StoreError('TOMBSTONES_DAMAGED', `the tombstone file is damaged at byte ${offset}`, {
    detail: { offset },
  })

function headerEnd(view: Buffer): number {
  const end = view.subarray(0, maxHeaderBytes).indexOf('\n') + 1
  const version = /^cenotaph tombstones (\d+) [0-9a-f]{8}\n$/.exec(
    view.toString('latin1', 0, end),
  )?.[1]
  if (version === undefined || !view.subarray(0, end).equals(encodeHeader(Number(version))))
    throw damaged(0)
  if (Number(version) > formatVersion)
    throw new StoreError('STORE_FORMAT_NEWER', 'the tombstone file has a newer format', {
      detail: { version: Number(version), known: formatVersion },
    })
  return end
}

function recordAt(
  view: Buffer,
  offset: number,
): { readonly record: TombstoneRecord; readonly length: number } | undefined {
  if (view.length - offset < frameLengthBytes) return undefined
  if (!view.subarray(offset, offset + 4).equals(recordMagic)) return undefined
  const length = view.readUInt32LE(offset + 4) + frameLengthBytes
  if (view.length - offset < length) return undefined
  const frame = view.subarray(offset, offset + length)
  if (frame.readUInt32LE(length - 4) !== crc32(frame.subarray(0, -4))) return undefined
  const record = decodeBody(frame.subarray(8, -4))
  if (!record) throw damaged(offset)
  return { record, length }
}

const sealFits = (view: Buffer, sealAt: number, recordOffset: number): boolean =>
  view
    .subarray(sealAt, sealAt + sealLengthBytes)
    .equals(encodeSeal(recordOffset, view.subarray(recordOffset, sealAt)))

/** Whether any seal stands from `from` on: then what is before it was whole once. */
function holdsSeal(view: Buffer, from: number): boolean {
  for (let at = view.indexOf(sealMagic, from); at >= 0; at = view.indexOf(sealMagic, at + 1)) {
    const seal = view.subarray(at, at + sealLengthBytes)
    if (seal.length === sealLengthBytes && seal.readUInt32LE(16) === crc32(seal.subarray(0, -4)))
      return true
  }
  return false
}
