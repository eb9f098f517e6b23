// Facts in the documentation that can be checked without running it: the list of error codes, links, names of files.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { errorCodes } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { pages, textOf, top } from './fences.js'

const LINKS_MIN = 20
const PATHS_MIN = 20

const withoutFences = (page: string): string => textOf(page).replace(/^```[\s\S]*?^```/gm, '')

describe('the documentation', () => {
  it('has one heading for every error code, and no other', () => {
    const headings = [...textOf('docs/errors.md').matchAll(/^## (.+)$/gm)].map(([, code]) => code)
    expect(headings.toSorted()).toEqual([...errorCodes].toSorted())
  })

  it('says of every error what is on disk, what to do and whether to try again', () => {
    const sections = textOf('docs/errors.md').split(/^## /m).slice(1)
    const incomplete = sections.filter((section) =>
      ['On disk', 'Do', 'Retryable'].some((label) => !section.includes(`- **${label}:** `)),
    )
    expect(sections.length).toBe(errorCodes.length)
    expect(incomplete.map((section) => section.split('\n')[0])).toEqual([])
  })

  it('links to pages that are there', () => {
    let links = 0
    const broken: string[] = []
    for (const page of pages()) {
      for (const [, target = ''] of withoutFences(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(target)) continue
        links += 1
        if (!existsSync(path.join(top, path.dirname(page), target)))
          broken.push(`${page}: ${target}`)
      }
    }
    expect(broken).toEqual([])
    expect(links).toBeGreaterThanOrEqual(LINKS_MIN)
  })

  it('names files of the checkout that are there', () => {
    let named = 0
    const missing: string[] = []
    for (const page of pages()) {
      const spans = withoutFences(page).matchAll(/`((?:packages|test|docs|bench)\/[\w./-]+)`/g)
      for (const [, name = ''] of spans) {
        named += 1
        // `dist/` exists after a build only, which these tests need anyway.
        if (!existsSync(path.join(top, name))) missing.push(`${page}: ${name}`)
      }
    }
    expect(missing).toEqual([])
    expect(named).toBeGreaterThanOrEqual(PATHS_MIN)
  })
})
