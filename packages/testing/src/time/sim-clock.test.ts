import { expect, it } from 'vitest'
import { seededEntropy } from './seeded-entropy.js'
import { SimClock } from './sim-clock.js'

it('time passes when told, timers fire in order and see their own time', () => {
  const clock = new SimClock(1_000)
  const fired: string[] = []
  clock.schedule(20, () => fired.push(`b ${clock.wallMs()}`))
  clock.schedule(10, () => {
    fired.push(`a ${clock.wallMs()}`)
    clock.schedule(5, () => fired.push(`c ${clock.monotonicMs()}`))
  })
  const cancel = clock.schedule(15, () => fired.push('never'))
  cancel()
  clock.advance(9)
  expect(fired).toEqual([])
  clock.advance(11)
  expect(fired).toEqual(['a 1010', 'c 15', 'b 1020'])
  expect(clock.timers).toBe(0)
})

it('a step moves the wall alone', () => {
  const clock = new SimClock(1_000)
  const fired: number[] = []
  clock.schedule(10, () => fired.push(clock.wallMs()))
  clock.step(-5_000)
  clock.advance(10)
  expect(fired).toEqual([-3_990])
  expect(clock.monotonicMs()).toBe(10)
})

it('seeded entropy repeats itself, and differs by the seed', () => {
  const bytes = (seed: number) => Buffer.from(seededEntropy(seed).bytes(16)).toString('hex')
  expect(bytes(1)).toBe(bytes(1))
  expect(bytes(1)).not.toBe(bytes(2))
})
