import os from 'node:os'
import path from 'node:path'
import { RawJson } from '@cenotaph/core'
import { isStoreError, StoreError } from '@cenotaph/storage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rootFolder } from '../root-folder.js'
import { UsageError } from '../usage-error.js'
import { aboutLine, itemLines } from './item-lines.js'
import { given, jsonObject, positionNumber, wholeNumber } from './parse.js'

const lineOf = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    if (isStoreError(error, 'ITEM_INVALID')) return error.detail.line
    throw error
  }
  return undefined
}

describe('itemLines', () => {
  it('keeps the text of every payload, wherever it stands in its line', () => {
    const space = fc.constantFrom('', ' ', '\t ')
    const object = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value))
    const odd = fc.constantFrom(
      '{"a":1.0,"a":12345678901234567890}',
      '{ "e" : 1E2 }',
      '{"\\u0041":[]}',
    )
    const line = fc.tuple(space, fc.oneof(object, odd), fc.boolean())
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), (lines, endsWithNewline) => {
        const text = lines.map(([gap, payload, first]) =>
          first
            ? `{${gap}"payload":${gap}${payload},"type":"t"}`
            : `{"type":"t"${gap},"payload"${gap}:${payload}${gap}}`,
        )
        const input = Buffer.from(text.join('\n') + (endsWithNewline ? '\n' : ''))
        const items = itemLines(input).map(({ item }) => item)
        expect(items).toEqual(
          lines.map(([, payload]) => ({ type: 't', payload: new RawJson(payload) })),
        )
      }),
    )
  })

  it('counts blank lines and passes them over', () => {
    const lines = itemLines(Buffer.from('\n  \n{"type":"t","payload":{}}\r\n\n'))
    expect(lines.map(({ number }) => number)).toEqual([3])
  })

  it('takes a stored line back: its ordinal is given anew, its timestamp stays', () => {
    const stored = '{"timestamp":"2026-01-02T03:04:05.678Z","ordinal":7,"type":"t","payload":{}}'
    const [line] = itemLines(Buffer.from(stored))
    expect(line!.item).toMatchObject({ type: 't', timestamp: '2026-01-02T03:04:05.678Z' })
  })

  it.each([
    ['{"type":"t","payload":{}', 'torn'],
    ['[]', 'no object'],
    ['null', 'no object'],
    ['{"payload":{}}', 'no type'],
    ['{"type":1,"payload":{}}', 'a type that is no text'],
    ['{"type":"t"}', 'no payload'],
    ['{"type":"t","payload":{},"timestamp":1}', 'a timestamp that is no text'],
    ['{"type":"t","payload":{},"metadata":{}}', 'a member that would be lost'],
    ['\ufeff{"type":"t","payload":{}}', 'a byte order mark'],
  ])('refuses %s: %s', (text) => {
    const input = Buffer.from(`{"type":"t","payload":{}}\n${text}\n`)
    expect(lineOf(() => itemLines(input))).toBe(2)
  })

  it('refuses bytes that are no UTF-8', () => {
    const input = Buffer.concat([Buffer.from('{"type":"t","payload":{"a":"'), Buffer.from([0xff])])
    expect(lineOf(() => itemLines(input))).toBe(1)
  })

  it('tells the line of what the store says about an item', () => {
    const lines = itemLines(Buffer.from('\n{"type":"t","payload":{}}'))
    const error = new StoreError('ITEM_TOO_LARGE', 'item 0 is too large', { detail: { index: 0 } })
    expect(aboutLine(error, lines)).toMatchObject({
      code: 'ITEM_TOO_LARGE',
      detail: { index: 0, line: 2 },
    })
    const other = new StoreError('DISK_FULL', 'full')
    expect(aboutLine(other, lines)).toBe(other)
  })
})

describe('values of options', () => {
  it('are whole numbers', () => {
    expect([wholeNumber('0'), wholeNumber('9007199254740991'), positionNumber('-1')]).toEqual([
      0,
      Number.MAX_SAFE_INTEGER,
      -1,
    ])
    for (const text of ['', '-1', '1.5', '1e3', ' 1', '9007199254740992', 'x']) {
      expect(() => wholeNumber(text)).toThrow(UsageError)
    }
  })

  it('are JSON objects', () => {
    expect(jsonObject('{"a":[1]}')).toEqual({ a: [1] })
    for (const text of ['', '[]', 'null', '1', '{'])
      expect(() => jsonObject(text)).toThrow(UsageError)
  })

  it('leave out what was not given', () => {
    expect(given({ a: undefined, b: 0, c: '' })).toEqual({ b: 0, c: '' })
  })
})

describe('rootFolder', () => {
  it('is --root, else CENOTAPH_ROOT, else a folder at home', () => {
    const environment = { CENOTAPH_ROOT: 'there' }
    expect(rootFolder('here', environment, '/w')).toBe('/w/here')
    expect(rootFolder(undefined, environment, '/w')).toBe('/w/there')
    const home = path.join(os.homedir(), '.cenotaph')
    expect(rootFolder(undefined, {}, '/w')).toBe(home)
    expect(rootFolder(undefined, { CENOTAPH_ROOT: '' }, '/w')).toBe(home)
    expect(() => rootFolder('', environment, '/w')).toThrow(UsageError)
  })
})
