// Tests over the repository itself: who may import whom, which calls only adapters make, which nobody makes, how long
// a file may be, that every error code is thrown somewhere and explained.

import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { errorCodes } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import {
  codeOf,
  importsOf,
  isTest,
  packageNames,
  type Source,
  sourcesUnder,
  top,
} from './sources.js'

const packages = packageNames()
const inPackages = packages.flatMap((name) => sourcesUnder([`packages/${name}`], /\.(ts|tsx|mjs)$/))
const shipped = inPackages.filter((source) => !isTest(source))
const tests = [...inPackages.filter(isTest), ...sourcesUnder(['test'], /\.(ts|mjs)$/)]
const everything = [
  ...inPackages,
  ...sourcesUnder(['test', 'bench', 'examples', 'scripts'], /\.(ts|mjs)$/),
]
const others = everything.filter(({ name }) => name !== 'test/tidy/tidy.test.ts')

/** Which of our packages each may import. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  storage: [],
  rollout: ['storage'],
  journal: ['storage'],
  core: ['storage', 'rollout', 'journal'],
  testing: ['storage', 'rollout', 'journal', 'core'],
  cli: ['storage', 'rollout', 'core'],
  client: ['storage', 'core'],
  server: ['storage', 'rollout', 'core', 'client'],
}

const packageOf = (source: Source): string => source.name.split('/')[1]!

const placesOf = (sources: readonly Source[], pattern: RegExp): string[] =>
  sources.filter((source) => pattern.test(codeOf(source))).map(({ name }) => name)

describe('the house is read at all', () => {
  it('has its packages, sources and tests', () => {
    expect(packages).toEqual(
      expect.arrayContaining(['storage', 'rollout', 'journal', 'core', 'cli']),
    )
    expect(shipped.length).toBeGreaterThan(150)
    expect(tests.length).toBeGreaterThan(80)
  })
})

describe('imports go one way', () => {
  it.each(packages)('%s', (name) => {
    const allowed = mayImport[name]
    expect(allowed, `say in this test what ${name} may import`).toBeDefined()
    const wrong = inPackages
      .filter((source) => packageOf(source) === name && !isTest(source))
      .flatMap((source) =>
        importsOf(source)
          .filter((specifier) => specifier.startsWith('@cenotaph/'))
          .filter((specifier) => !allowed!.includes(specifier.slice('@cenotaph/'.length)))
          .map((specifier) => `${source.name} imports ${specifier}`),
      )
    expect(wrong).toEqual([])
  })

  it('as the manifests say', () => {
    for (const name of packages) {
      const file = path.join(top, 'packages', name, 'package.json')
      const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
        dependencies?: Record<string, string>
      }
      const ours = Object.keys(dependencies).filter((one) => one.startsWith('@cenotaph/'))
      for (const dependency of ours) {
        expect(mayImport[name], `${name} depends on ${dependency}`).toContain(
          dependency.slice('@cenotaph/'.length),
        )
      }
    }
  })

  it('nobody reaches into another package', () => {
    const deep = everything.flatMap((source) =>
      importsOf(source)
        .filter(
          (specifier) =>
            /^@cenotaph\/[^/]+\//.test(specifier) ||
            (/^\.\./.test(specifier) && leavesItsPackage(source, specifier)),
        )
        .map((specifier) => `${source.name} imports ${specifier}`),
    )
    expect(deep).toEqual([])
  })

  it('rollout and journal do not know a thread store, nor each other', () => {
    const words = placesOf(
      shipped.filter((source) => packageOf(source) === 'journal'),
      /\b(ThreadId|threadId|rollout\w*\()/,
    )
    expect(words).toEqual([])
  })
})

function leavesItsPackage({ name }: Source, specifier: string): boolean {
  const target = path.posix.join(path.posix.dirname(name), specifier)
  const home = name.split('/').slice(0, 2).join('/')
  if (!name.startsWith('packages/')) return /^packages\/[^/]+\/(src|dist)\//.test(target)
  return !target.startsWith(`${home}/`)
}

describe('calls that only adapters make', () => {
  const adapters = ['packages/storage/src/']
  const outside = shipped.filter(
    ({ name }) => !adapters.some((adapter) => name.startsWith(adapter)),
  )
  // Told one by one, each with its reason.
  const exceptions: Readonly<Record<string, readonly string[]>> = {
    'node:fs': [
      // The command reads the file that it is told to append, and its own manifest: neither is in a store.
      'packages/cli/',
    ],
    clock: ['packages/cli/'],
    entropy: [],
  }
  const allowed = (kind: string, name: string): boolean =>
    (exceptions[kind] ?? []).some((place) => name.startsWith(place))

  it('node:fs', () => {
    const wrong = outside.filter((source) =>
      importsOf(source).some((specifier) => /^(node:)?fs(\/|$)/.test(specifier)),
    )
    expect(wrong.map(({ name }) => name).filter((name) => !allowed('node:fs', name))).toEqual([])
  })

  it('the time: Date.now, new Date() of no argument, performance.now, setTimeout, setInterval', () => {
    const pattern =
      /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bset(Timeout|Interval|Immediate)\(/
    const wrong = placesOf(outside, pattern)
    expect(wrong.filter((name) => !allowed('clock', name))).toEqual([])
  })

  it('randomness: Math.random, randomBytes, randomUUID', () => {
    const wrong = placesOf(outside, /\bMath\.random\b|\brandom(Bytes|UUID|Int)\b|getRandomValues/)
    expect(wrong.filter((name) => !allowed('entropy', name))).toEqual([])
  })
})

describe('calls that nobody makes', () => {
  it('clear on a level: it resolves without having removed everything that was there', () => {
    const levels = shipped.filter((source) => ['journal', 'core'].includes(packageOf(source)))
    expect(placesOf(levels, /\b(db|level|database|options\.level)\.clear\(/)).toEqual([])
  })

  it('a write to a level that does not spell out sync: true', () => {
    const levels = shipped.filter((source) => ['journal', 'core'].includes(packageOf(source)))
    const writing = placesOf(levels, /\b(db|level|Level|#level)\.(batch|put|del)\(/)
    expect(writing).toEqual(['packages/journal/src/level.ts'])
    const { text } = levels.find(({ name }) => name === writing[0])!
    const calls = text.match(/\.(batch|put|del)\(/g) ?? []
    expect(calls).toHaveLength(1)
    expect(text).toMatch(/sync: true,\n\s*}\n\s*return level\.batch\(/)
  })

  it('opening LevelDB’s LOCK: closing it would drop the lock of this process', () => {
    const naming = placesOf(shipped, /['"`/]LOCK['"`]/)
    const opening = naming.filter((name) => {
      const code = codeOf(shipped.find((source) => source.name === name)!)
      return !/!== 'LOCK'|=== 'LOCK'|'LOCK'\]|\(LOCK\|?/.test(code)
    })
    expect(opening).toEqual([])
  })

  it('skipping or singling out a test, or leaving one for later', () => {
    const pattern = /\b(it|test|describe)\.(skip|only|todo)\b|\b(xit|xdescribe|fit|fdescribe)\(/
    expect(placesOf(tests, pattern)).toEqual([])
  })

  it('any, and comments that silence the compiler', () => {
    const silenced = others.filter(({ text }) =>
      /@ts-(ignore|nocheck)|@ts-expect-error(?!: )/.test(text),
    )
    expect(silenced.map(({ name }) => name)).toEqual([])
    expect(placesOf(others, /\bas any\b|: any\b|<any>/)).toEqual([])
  })
})

describe('files', () => {
  it('have no more than 300 lines', () => {
    const long = everything.filter(({ lines }) => lines.length > 301)
    // Tests may be lists of cases; what ships is read.
    const read = long.filter((source) => !isTest(source))
    expect(read.map(({ name, lines }) => `${name}: ${lines.length - 1} lines`)).toEqual([])
  })

  it('have kebab-case names', () => {
    const wrong = everything.filter(
      ({ name }) => !/^[a-z0-9-]+(\.[a-z-]+)*$/.test(path.basename(name)),
    )
    expect(wrong.map(({ name }) => name)).toEqual([])
  })

  it('begin with what they promise, in a comment or in the words of their first export', () => {
    const silent = shipped.filter(
      ({ name, text }) =>
        name.endsWith('.ts') &&
        path.basename(name) !== 'index.ts' &&
        !/^(#!.*\n)?(\/\/|\/\*\*)/.test(text) &&
        !/\/\*\*/.test(text),
    )
    expect(silent.filter(({ lines }) => lines.length > 60).map(({ name }) => name)).toEqual([])
  })

  it('name no folder of the machine that they were written on', () => {
    const pattern = /(?<![\w.])\/(work\/(main|shared|\.)|root\/|tmp\/contracts)/
    const pages = sourcesUnder(['docs'], /\.md$/)
    const found = [...others, ...pages].filter(
      ({ text }) => pattern.test(text) || text.includes(top),
    )
    expect(found.map(({ name }) => name)).toEqual([])
  })

  it('leave nothing to do for later', () => {
    const pattern = /\b(TODO|FIXME|XXX|HACK)\b/
    expect(others.filter(({ text }) => pattern.test(text)).map(({ name }) => name)).toEqual([])
  })
})

describe('error codes', () => {
  it('are all used by what ships', () => {
    const code = shipped
      .filter(({ name }) => !name.endsWith('error-codes.ts'))
      .map(({ text }) => text)
      .join('\n')
    expect(errorCodes.filter((one) => !new RegExp(`'${one}'`).test(code))).toEqual([])
  })

  it('that are thrown are all known', () => {
    const thrown = shipped.flatMap(({ text }) =>
      [...text.matchAll(/new StoreError\(\s*'([A-Z_]+)'/g)].map((match) => match[1]!),
    )
    expect(thrown.length).toBeGreaterThan(50)
    expect(thrown.filter((one) => !(errorCodes as readonly string[]).includes(one))).toEqual([])
  })

  it('have a heading each in docs/errors.md, and no heading is for a code that is gone', () => {
    const page = path.join(top, 'docs', 'errors.md')
    expect(existsSync(page), 'docs/errors.md').toBe(true)
    const headings = [...readFileSync(page, 'utf8').matchAll(/^#+ `?([A-Z]+(?:_[A-Z]+)+)`?\s*$/gm)]
    expect(headings.map((match) => match[1]!).sort()).toEqual([...errorCodes].sort())
  })
})
