// The repository's own sources, for the tests over it.

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const top = fileURLToPath(new URL('../..', import.meta.url))

export interface Source {
  /** From the repository's top, with `/`. */
  readonly name: string
  readonly text: string
  readonly lines: readonly string[]
}

const skipped = new Set(['node_modules', 'dist', '.git', 'golden'])

export function sourcesUnder(folders: readonly string[], extension: RegExp): Source[] {
  const found: Source[] = []
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (skipped.has(entry.name)) continue
      const full = path.join(folder, entry.name)
      if (entry.isDirectory()) visit(full)
      else if (extension.test(entry.name)) found.push(sourceOf(full))
    }
  }
  for (const folder of folders) visit(path.join(top, folder))
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function sourceOf(full: string): Source {
  const text = readFileSync(full, 'utf8')
  const name = path.relative(top, full).split(path.sep).join('/')
  return { name, text, lines: text.split('\n') }
}

export const packageNames = (): string[] =>
  readdirSync(path.join(top, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter((name) => sourcesUnder([`packages/${name}`], /\.ts$/).length > 0)

export const isTest = ({ name }: Source): boolean =>
  /\.(test|fixture)\.ts$/.test(name) || name.startsWith('test/')

/** Specifiers of every import and re-export. */
export const importsOf = ({ text }: Source): string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!)

/** Code without comments; strings stay, because what is banned is never spelt in one. */
export const codeOf = ({ text }: Source): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
