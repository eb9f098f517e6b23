import fs from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { message, textsOf, withStore } from '../store.fixture.js'

const rolloutOf = async (root: string, id: string): Promise<string> => {
  const names = await fs.readdir(path.join(root, 'sessions'), { recursive: true })
  return path.join(root, 'sessions', names.find((name) => name.endsWith(`${id}.jsonl`))!)
}

describe('reading a rollout that rotted', () => {
  it('delivers every line that is whole, and then says that one is not', () =>
    withStore(async (store, root) => {
      const id = await store.createThread({ cwd: '/w' })
      await store.appendItems(id, [message('one'), message('two'), message('three')])
      const fork = await store.forkThread(id)
      const file = await rolloutOf(root, id)
      const text = await fs.readFile(file, 'utf8')
      await fs.writeFile(file, text.replace('"two"', '}}two"'))
      for (const thread of [id, fork.threadId]) {
        for (const reverse of [false, true]) {
          const seen: number[] = []
          const reading = async () => {
            for await (const { ordinal } of store.listItems(thread, { reverse })) seen.push(ordinal)
          }
          await expect(reading()).rejects.toMatchObject({ code: 'ROLLOUT_DAMAGED' })
          const whole = thread === id ? [0, 1, 3] : [0, 1, 3, 4]
          expect(seen).toEqual(reverse ? whole.reverse() : whole)
        }
      }
      const kinds: string[] = []
      const onDamage = ({ kind }: { kind: string }) => kinds.push(kind)
      for await (const _item of store.listItems(id, { onDamage }));
      expect(kinds).toContain('missing-ordinal')
      expect((await store.verify()).ok).toBe(false)
    }))

  it('reads what was imported damaged without an error, because the import told of it', () =>
    withStore(async (store, root) => {
      const id = await store.createThread({ cwd: '/w' })
      await store.appendItems(id, [message('one')])
      const to = path.join(path.dirname(root), 'copy')
      const [copy] = await store.exportThreads([id], { to })
      await store.deleteThread(id)
      const other = '01900000-0000-7000-8000-000000000002'
      const source = copy!.path.replace(id, other)
      const text = (await fs.readFile(copy!.path, 'utf8')).replaceAll(id, other)
      await fs.writeFile(source, `${text}{"torn`)
      await fs.rm(copy!.path)
      expect((await store.importRollouts([to])).damaged).toMatchObject([{ kind: 'torn-tail' }])
      expect(await textsOf(store, other)).toEqual(['one'])
    }))
})

describe('an item', () => {
  it('has the stored bytes, however it is handed on', () =>
    withStore(async (store, root) => {
      const id = await store.createThread({ cwd: '/w' })
      await store.appendItems(id, [message('größer als – \ufffd – 日本'), message('plain')])
      await store.checkpoint()
      const stored = (await fs.readFile(await rolloutOf(root, id), 'utf8')).trimEnd().split('\n')
      let seen = 0
      for await (const item of store.listItems(id)) {
        const text = stored[seen]!
        seen += 1
        expect(Object.keys(item)).toContain('line')
        const copies = [item, { ...item }, structuredClone(item)]
        for (const { line, ordinal } of copies) {
          expect(Buffer.from(line).toString()).toBe(text)
          expect(ordinal).toBe(seen - 1)
        }
        // Nobody else has these bytes.
        item.line.fill(0)
        expect(item.line.every((byte) => byte === 0)).toBe(true)
      }
      expect(seen).toBe(3)
      for await (const { line } of store.listItems(id, { from: 2 }))
        expect(Buffer.from(line).toString()).toBe(stored[2])
    }))

  it('has the very bytes where they are no UTF-8', () =>
    withStore(async (store, root) => {
      const id = await store.createThread({ cwd: '/w' })
      await store.appendItems(id, [message('xyz')])
      await store.checkpoint()
      const file = await rolloutOf(root, id)
      const bytes = await fs.readFile(file)
      bytes[bytes.indexOf('xyz')] = 0xff
      await fs.writeFile(file, bytes)
      const lines: Uint8Array[] = []
      const kinds: string[] = []
      const onDamage = ({ kind }: { kind: string }) => kinds.push(kind)
      for await (const { line } of store.listItems(id, { from: 1, onDamage })) lines.push(line)
      const [line] = lines
      expect(kinds).toEqual(['invalid-utf8'])
      expect(
        Buffer.concat([line!, Buffer.from('\n')]).equals(bytes.subarray(-line!.length - 1)),
      ).toBe(true)
    }))
})
