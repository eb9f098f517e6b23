// Probes of redacted payloads: windows of their texts as they are stored, to be looked for after the erasure. A window
// is made of a text and not of the JSON around it, which stands in every line; a text that is too short for one gets
// what stands on both sides of it.

import { stringsOf } from './secret-texts.js'

const PROBE_BYTES = 48
const PROBE_BYTES_MIN = 32
const TEXT_BYTES_MIN = 6
const WINDOWS_A_TEXT = 8
const PROBES_MAX = 20_000

export class PayloadProbes {
  readonly #probes = new Map<string, Uint8Array>()

  get all(): readonly Uint8Array[] {
    return [...this.#probes.values()]
  }

  /** `record` as it is stored, `payload` parsed. */
  add(record: Uint8Array, payload: unknown): void {
    const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength)
    for (const text of stringsOf(payload)) {
      if (this.#probes.size >= PROBES_MAX) return
      const stored = Buffer.from(JSON.stringify(text).slice(1, -1))
      if (stored.length < TEXT_BYTES_MIN) continue
      const at = bytes.indexOf(stored)
      // Another spelling of the same text, such as \u escapes: what it holds has to do.
      if (at < 0) this.#windows(stored)
      else if (stored.length >= PROBE_BYTES_MIN)
        this.#windows(bytes.subarray(at, at + stored.length))
      else this.#around(bytes, at, stored.length)
    }
  }

  #windows(text: Buffer): void {
    const step = Math.max(PROBE_BYTES, Math.ceil(text.length / WINDOWS_A_TEXT))
    for (let at = 0; at < text.length; at += step) this.#put(text.subarray(at, at + PROBE_BYTES))
    this.#put(text.subarray(-PROBE_BYTES))
  }

  #around(bytes: Buffer, at: number, length: number): void {
    const margin = Math.ceil((PROBE_BYTES - length) / 2)
    const start = Math.max(0, Math.min(at - margin, bytes.length - PROBE_BYTES))
    this.#put(bytes.subarray(start, start + PROBE_BYTES))
  }

  #put(window: Buffer): void {
    // Of one length where they can be, so that one pass over a file finds all.
    const length = window.length >= PROBE_BYTES ? PROBE_BYTES : PROBE_BYTES_MIN
    if (window.length < length || new Set(window).size < 8) return
    const probe = Buffer.from(window.subarray(0, length))
    this.#probes.set(probe.toString('latin1'), probe)
  }
}
