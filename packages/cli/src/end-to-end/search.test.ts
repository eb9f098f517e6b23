import { afterAll, describe, expect, it } from 'vitest'
import { Command } from './command.fixture.js'

interface Found {
  readonly hits: readonly {
    readonly threadId: string
    readonly ordinal: number
    readonly snippet: string
  }[]
  readonly nextCursor: string | null
}

const command = new Command()
afterAll(() => command.remove())

const line = (text: string) =>
  JSON.stringify({
    type: 'response_item',
    payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
  })

describe('search', () => {
  it('finds what was said, page by page, for programs and for people', async () => {
    const ids: string[] = []
    for (const name of ['First', 'Second']) {
      const { threadId } = await command.json<{ threadId: string }>(['create', '--name', name])
      const input = [`the Harbour of ${name}`, 'nothing', 'harbour again'].map(line).join('\n')
      await command.json(['append', threadId], { input })
      ids.push(threadId)
    }
    await command.json(['archive', ids[0]!])
    const all = await command.json<Found>(['search', 'harbour'])
    expect(all.hits.map(({ threadId, ordinal }) => [threadId, ordinal])).toEqual([
      [ids[1], 1],
      [ids[1], 3],
    ])
    expect(all.hits[0]!.snippet).toBe('the Harbour of Second')
    const first = await command.json<Found>(['search', 'harbour', '-n', '1'])
    const rest = ['search', 'harbour', '-n', '1', '--cursor', first.nextCursor!]
    const second = await command.json<Found>(rest)
    expect([...first.hits, ...second.hits]).toEqual(all.hits)
    const archived = await command.json<Found>([
      'search',
      'Harbour',
      '--archived',
      '--case-sensitive',
    ])
    expect(archived.hits.map(({ threadId, ordinal }) => [threadId, ordinal])).toEqual([[ids[0], 1]])
    const { status, stdout } = await command.run(['search', 'harbour'])
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^[0-9a-f-]+ {2}Second\n {2}1 {2}the Harbour of Second\n {2}3 {2}harbour/,
    )
    expect((await command.json<Found>(['search', 'lighthouse'])).hits).toEqual([])
    expect(await command.failure(['search', ''])).toMatchObject({ status: 2 })
    expect(await command.failure(['search'])).toMatchObject({ status: 2 })
  })
})
