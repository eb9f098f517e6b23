import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { rootLayout } from './layout.js'

const id = '01900000-0000-7000-8000-000000000001'
const name = `rollout-2026-03-04T05-06-07-${id}.jsonl`

describe('rootLayout', () => {
  const layout = rootLayout('/data/store')

  it('keeps everything of ours under .cenotaph and rollouts where Codex has them', () => {
    const { root, rolloutPath, ...places } = layout
    expect(root).toBe('/data/store')
    expect(rolloutPath).toBeTypeOf('function')
    expect(places).toEqual({
      sessionsFolder: '/data/store/sessions',
      archivedFolder: '/data/store/archived_sessions',
      cenotaphFolder: '/data/store/.cenotaph',
      levelFolder: '/data/store/.cenotaph/level',
      anchorPath: '/data/store/.cenotaph/anchor.json',
      tombstonesPath: '/data/store/.cenotaph/tombstones',
      receiptsFolder: '/data/store/.cenotaph/receipts',
      quarantineFolder: '/data/store/.cenotaph/quarantine',
      stagingFolder: '/data/store/.cenotaph/staging',
      ownerPath: '/data/store/.cenotaph/owner.json',
      keyPath: '/data/store/.cenotaph/key.pem',
      ballastPath: '/data/store/.cenotaph/ballast',
      restoringPath: '/data/store/.cenotaph/restoring.json',
    })
  })

  it('resolves a relative root', () => {
    expect(rootLayout('store').root).toBe(path.resolve('store'))
  })

  it('puts a rollout into the folder of its local date, or flat into the archive', () => {
    const dated = `/data/store/sessions/2026/03/04/${name}`
    expect(layout.rolloutPath({ archived: false, fileName: name })).toBe(dated)
    expect(layout.rolloutPath({ archived: false, fileName: `${name}.zst` })).toBe(`${dated}.zst`)
    const flat = `/data/store/archived_sessions/${name}`
    expect(layout.rolloutPath({ archived: true, fileName: name })).toBe(flat)
  })

  it.each(['notes.txt', '../../etc/passwd', `../${name}`, ''])(
    'refuses %j, which is no rollout',
    (fileName) => {
      for (const archived of [true, false])
        expect(() => layout.rolloutPath({ archived, fileName })).toThrowError(
          expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
        )
    },
  )
})
