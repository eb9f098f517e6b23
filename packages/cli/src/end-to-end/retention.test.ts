import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Command, itemLine } from './command.fixture.js'

interface Plan {
  policy: Record<string, unknown> | null
  due: { threadId: string; action: string; why: string; bytes: number; lastActivity: string }[]
  planId: string
  unconfirmed: boolean
  totalBytes: number
  spared: { threadId: string; why: string; because: string }[]
}

const ids = {
  old: '01900000-0000-7000-8000-000000000001',
  older: '01900000-0000-7000-8000-000000000002',
  untimed: '01900000-0000-7000-8000-000000000003',
}

/** A rollout that another program wrote long ago; without times where `at` is undefined. */
function rollout(folder: string, id: string, at: string | undefined): void {
  const time = at === undefined ? {} : { timestamp: at }
  const meta = { id, cwd: '/home/ada/notes', originator: 'elsewhere', cli_version: '1', ...time }
  const lines = [
    { ...time, ordinal: 0, type: 'session_meta', payload: meta },
    { ...time, ordinal: 1, ...(JSON.parse(itemLine(`text of ${id}`)) as object) },
  ]
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  writeFileSync(path.join(folder, `rollout-2024-03-04T05-06-07-${id}.jsonl`), text)
}

const command = new Command()
afterAll(() => command.remove())
let young = ''
beforeAll(async () => {
  const folder = path.join(command.folder, 'sources')
  mkdirSync(folder)
  rollout(folder, ids.old, '2025-03-04T05:06:07.000Z')
  rollout(folder, ids.older, '2024-03-04T05:06:07.000Z')
  rollout(folder, ids.untimed, undefined)
  await command.json(['import', folder])
  ;({ threadId: young } = await command.json<{ threadId: string }>(['create', '--name', 'young']))
})

const documentKeys = ['policy', 'due', 'planId', 'unconfirmed', 'totalBytes', 'spared']

describe('retention', () => {
  it('is off until it is set, and says so', async () => {
    const shown = await command.json<Plan>(['retention', 'show'])
    expect(Object.keys(shown)).toEqual(documentKeys)
    expect(shown).toMatchObject({ policy: null, due: [], unconfirmed: false })
    expect((await command.run(['retention'])).stdout).toContain('Retention is off')
    const done = await command.json(['retention', 'run', '--yes'])
    expect(done).toMatchObject({ archived: [], scheduled: [], deleted: null, receipt: null })
  })

  it('refuses a policy that contradicts itself', async () => {
    const words = ['retention', 'set', '--archive-after', '90d', '--delete-after', '30d']
    expect(await command.failure(words)).toMatchObject({ code: 'ARGUMENT_INVALID' })
    expect(await command.json(['retention'])).toMatchObject({ policy: null })
  })

  it('plans what is due by the policy, and spares what has no age', async () => {
    const set = await command.json<Plan>(
      ['retention', 'set', '--archive-after', '30d', '--grace', '0'].concat([
        '--exclude-cwd',
        'here',
        '/else where',
        '--exclude-name',
        'one',
        '--exclude-name',
        'two',
      ]),
    )
    expect(set.policy).toEqual({
      archiveAfter: '30d',
      grace: 0,
      exclude: {
        cwd: [path.join(command.folder, 'here'), '/else where'],
        names: ['one', 'two'],
        pinned: true,
      },
      forks: 'refuse',
    })
    const plan = await command.json<Plan>(['retention', 'plan'])
    expect(plan).toEqual(set)
    expect(plan.due).toMatchObject([
      { threadId: ids.old, action: 'archive', why: 'archiveAfter' },
      { threadId: ids.older, action: 'archive', lastActivity: '2024-03-04T05:06:07.000Z' },
    ])
    expect(plan.spared).toEqual([
      { threadId: ids.untimed, why: 'age-unknown', because: ids.untimed },
    ])
    const told = await command.run(['retention', 'plan'])
    expect(told.stdout).toContain('To archive: 2 threads')
    expect(told.stdout).toContain(`plan ${plan.planId}`)
  })

  it('runs after a yes, exactly the plan that was shown, and once', async () => {
    await command.json(['retention', 'set', '--archive-after', '30d'])
    const dry = await command.json<Plan>(['retention', 'run', '--dry-run'])
    expect(dry.due).toHaveLength(2)
    const words = ['retention', 'run', '--yes', '--expect-plan']
    expect(await command.failure([...words, '0'.repeat(32)])).toMatchObject({
      status: 1,
      code: 'PLAN_CHANGED',
    })
    const done = await command.json<Plan & { archived: string[] }>([...words, dry.planId])
    expect([...done.archived].sort()).toEqual([ids.old, ids.older])
    expect(await command.json(['status', ids.old])).toMatchObject({ state: 'archived' })
    expect((await command.run(['retention', 'run', '-y'])).stdout).toContain('Nothing was due')
  })

  it('deletes at once where there is no grace, with a receipt', async () => {
    await command.json(['retention', 'set', '--delete-after', '30d', '--grace', '0'])
    const done = await command.json<Plan & { receipt: { threadIds: string[] } }>([
      'retention',
      'run',
      '-y',
    ])
    expect([...done.receipt.threadIds].sort()).toEqual([ids.old, ids.older])
    for (const id of [ids.untimed, young])
      expect(await command.json(['status', id])).toMatchObject({ state: 'active' })
    await command.json(['retention', 'set', '--off'])
    expect(await command.json(['retention'])).toMatchObject({ policy: null })
    expect((await command.run(['verify'])).status).toBe(0)
  })
})
