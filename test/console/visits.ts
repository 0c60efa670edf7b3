import type { Browser, Page } from 'playwright-core'
import { afterEach, expect } from 'vitest'
import { signIn, type View, type Visit, visit, WIDE } from './browser.ts'

/** What a test opens beside a path. */
export type Opening = {
  readonly url: string
  readonly key?: string
  /** Statuses of answers that the test is about. */
  readonly expected?: readonly number[]
  readonly view?: View
}

/** Opens pages as somebody who signs in; after each test nothing may have gone wrong in one of them. */
export function createVisits(browser: () => Browser): (path: string, how: Opening) => Promise<Page> {
  let open: Visit[] = []
  afterEach(async () => {
    const troubles = open.flatMap(one => one.troubles)
    await Promise.all(open.map(({ context }) => context.close()))
    open = []
    expect(troubles).toEqual([])
  })
  return async (path, { url, key = 'admin-key', expected = [], view = WIDE }) => {
    const one = await visit(browser(), url, path, view, expected)
    open.push(one)
    await signIn(one.page, key)
    return one.page
  }
}
