import { describe, expect, it } from 'vitest'
import { HeavyWork } from './heavy-work.js'

/** Pieces that end when they are told to. */
function pieces(heavy: HeavyWork) {
  const running: string[] = []
  const end = new Map<string, () => void>()
  const begin = (name: string, failure?: Error) =>
    heavy.run(async () => {
      running.push(name)
      await new Promise<void>((resolve) => end.set(name, resolve))
      running.splice(running.indexOf(name), 1)
      if (failure) throw failure
      return name
    })
  return { running, end: (name: string) => end.get(name)!(), begin }
}

const turns = async () => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
}

describe('heavy work', () => {
  it('runs two pieces at once, in the order in which they came', async () => {
    const { running, begin, end } = pieces(new HeavyWork(() => false))
    const all = ['a', 'b', 'c', 'd'].map((name) => begin(name))
    await turns()
    expect(running).toEqual(['a', 'b'])
    end('b')
    await turns()
    expect(running).toEqual(['a', 'c'])
    for (const name of ['a', 'c']) end(name)
    await turns()
    end('d')
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('runs one while a commit is waited for, and two again afterwards', async () => {
    let awaited = true
    const { running, begin, end } = pieces(new HeavyWork(() => awaited))
    const all = ['a', 'b', 'c', 'd'].map((name) => begin(name))
    await turns()
    expect(running).toEqual(['a'])
    end('a')
    await turns()
    expect(running).toEqual(['b'])
    awaited = false
    end('b')
    await turns()
    expect(running).toEqual(['c', 'd'])
    for (const name of ['c', 'd']) end(name)
    await Promise.all(all)
  })

  it('gives the place of a piece that failed to the next', async () => {
    const { running, begin, end } = pieces(new HeavyWork(() => true))
    const failing = begin('a', new Error('no'))
    const next = begin('b')
    await turns()
    end('a')
    await expect(failing).rejects.toThrow('no')
    await turns()
    expect(running).toEqual(['b'])
    end('b')
    expect(await next).toBe('b')
  })
})
