// The code fences of the documentation, as the tests run them. TypeScript runs unless its fence says `no-run`; shell
// runs only where its fence says `run`.

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const top = fileURLToPath(new URL('../..', import.meta.url))

export interface Fence {
  /** Relative to the checkout. */
  readonly file: string
  /** Line of its first line of code, from 1. */
  readonly line: number
  readonly language: string
  /** The words behind the language. */
  readonly marks: readonly string[]
  readonly code: string
}

/** Every page that a reader is sent to, relative to the checkout. */
export function pages(): string[] {
  const inDocs = readdirSync(path.join(top, 'docs'), { recursive: true, encoding: 'utf8' })
  const found = inDocs.filter((name) => name.endsWith('.md')).map((name) => path.join('docs', name))
  const beside = ['bench', 'examples/naive-jsonl', 'packages/testing']
  const readmes = beside.map((folder) => path.join(folder, 'README.md'))
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...readmes, ...found.sort()]
}

export const textOf = (page: string): string => readFileSync(path.join(top, page), 'utf8')

export function fencesOf(page: string): Fence[] {
  const fences: Fence[] = []
  let open: { head: string; line: number; code: string[] } | undefined
  for (const [index, line] of textOf(page).split('\n').entries()) {
    if (!line.startsWith('```')) open?.code.push(line)
    else if (!open) open = { head: line.slice(3).trim(), line: index + 2, code: [] }
    else {
      const [language = '', ...marks] = open.head.split(/\s+/)
      fences.push({
        file: page,
        line: open.line,
        language,
        marks,
        code: `${open.code.join('\n')}\n`,
      })
      open = undefined
    }
  }
  return fences
}

export const scriptFences = (): Fence[] =>
  pages()
    .flatMap(fencesOf)
    .filter(({ language, marks }) => language === 'ts' && !marks.includes('no-run'))

export const shellFences = (): Fence[] =>
  pages()
    .flatMap(fencesOf)
    .filter(({ language, marks }) => language === 'sh' && marks.includes('run'))
