import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refusedInFront } from '../../console/data/failure.ts'
import { consoleBuild } from '../../console/vite.config.ts'
import { PAGES, SECURITY_HEADERS } from '../../core/api/console-page.ts'
import { ROUTES } from '../../functions/table.ts'
import { type Console, openConsole } from '../../local/console/open-console.ts'
import { type Platform, startPlatform } from '../local/test-platform.ts'
import { type Distribution, startDistribution } from './distribution.ts'

/** All that a browser loads for the first view. */
const LARGEST_BUNDLE = 200 * 1024
const KEY = 'development-key-of-the-test'

let folder: string
let web: Console
let platform: Platform
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-console-'))
  await build(consoleBuild(folder))
  web = await openConsole(KEY, () => undefined, folder)
  platform = await serving(web)
}, 60_000)
afterAll(async () => {
  await platform.close()
  await rm(folder, { recursive: true })
})

/** The platform of the tests, with a console beside its API. */
const serving = ({ routes }: Console): Promise<Platform> => startPlatform({}, {}, routes)

const assets = () => readdir(join(folder, 'assets'))
const ask = (path: string, init: RequestInit = {}) => fetch(platform.url + path, init)

describe('the console as files', () => {
  test('is at most 200 KB for a browser, with nothing in its page that a strict policy would refuse', async () => {
    const names = await assets()
    const all = await Promise.all(names.map(name => readFile(join(folder, 'assets', name))))
    const page = await readFile(join(folder, 'index.html'), 'utf8')
    const size = [...all, Buffer.from(page)].reduce((sum, bytes) => sum + gzipSync(bytes).length, 0)
    expect(size).toBeLessThan(LARGEST_BUNDLE)
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/)
    // Only what the platform itself serves is loaded.
    expect([...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, to]) => to)).toSatisfy(
      (found: string[]) => found.length >= 3 && found.every(to => to.startsWith('/assets/')),
    )
  })

  test('has no address of another machine in its styles', async () => {
    const names = (await assets()).filter(name => name.endsWith('.css'))
    const styles = await Promise.all(names.map(name => readFile(join(folder, 'assets', name), 'utf8')))
    expect(names.length).toBeGreaterThan(0)
    expect(styles.join('')).not.toMatch(/https?:|@import|url\((?!"?\/assets\/)/)
  })

  test('has pages at addresses that no call of the API has', () => {
    const paths = Object.keys(ROUTES).map(key => key.split(' ')[1])
    expect(paths.filter(path => PAGES.some(page => page === path))).toEqual([])
  })
})

describe('serving the console', () => {
  test.each(PAGES)('the page is at %s, never from a cache without asking', async path => {
    const answer = await ask(path)
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
      ...[200, 'text/html; charset=utf-8', 'no-cache'],
    ])
    expect(await answer.text()).toBe(await readFile(join(folder, 'index.html'), 'utf8'))
  })

  test('every asset is served whole, compressed or not, with its type, and is kept for ever', async () => {
    for (const name of await assets()) {
      const bytes = await readFile(join(folder, 'assets', name))
      const [zipped, plain] = [
        await ask(`/assets/${name}`, { headers: { 'accept-encoding': 'gzip' } }),
        await ask(`/assets/${name}`, { headers: { 'accept-encoding': 'identity' } }),
      ]
      expect(plain.headers.get('content-encoding')).toBe(null)
      for (const answer of [zipped, plain]) {
        expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes)
        expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
        expect(answer.headers.get('content-type')).toMatch(/^(?:text\/(?:javascript|css)|image\/svg\+xml)/)
      }
    }
  })

  test('what a browser may do with it is said with every file', async () => {
    for (const path of ['/', '/runs', `/assets/${(await assets())[0]}`]) {
      const { headers } = await ask(path)
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
      )
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('set-cookie')).toBe(null)
    }
  })

  test('HEAD has the headers alone, and other methods are told which there are', async () => {
    const head = await ask('/', { method: 'HEAD' })
    expect([head.status, await head.text(), head.headers.get('content-type')]).toEqual([
      ...[200, '', 'text/html; charset=utf-8'],
    ])
    const post = await ask('/', { method: 'POST', body: 'x' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  test('no other address is a page: calls that are none stay problems', async () => {
    for (const path of [
      '/v1/nothing',
      '/v1',
      '/metrics/x',
      '/index.html',
      '/overview',
      '/assets',
      '/assets/',
    ]) {
      const answer = await ask(path)
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
        ...[path, 404, 'application/problem+json'],
      ])
    }
  })

  test.each([
    '/assets/../index.html',
    '/assets/../../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e%2findex.html',
    '/assets/..%5c..%5cpackage.json',
    '/assets/%00',
    '/assets/constructor',
    '/assets/__proto__',
    '//etc/passwd',
    '/../package.json',
  ])('%s leads to no file', async path => {
    // Not by fetch, which would tidy the path up before it is sent.
    expect(await statusOf(path)).toBe(404)
  })

  test('where it has not been built, its addresses say what to run, and the start does', async () => {
    const none = await openConsole(KEY, () => undefined, join(folder, 'nowhere'))
    const bare = await serving(none)
    const answer = await fetch(`${bare.url}/`)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ detail: expect.stringMatching(/npm run build:console/) })
    expect(none.text(bare.url)).toMatch(/not built; run npm run build:console/)
    await bare.close()
  })
})

describe('the console behind CloudFront', () => {
  let distribution: Distribution
  beforeAll(async () => {
    distribution = await startDistribution(folder, platform.url)
  })
  afterAll(() => distribution.close())
  const asked = (path: string, init: RequestInit = {}) => fetch(distribution.url + path, init)
  const SAME = ['content-type', 'cache-control', ...Object.keys(SECURITY_HEADERS)]

  test('gives each page and asset with the bytes and the headers of one machine', async () => {
    for (const path of [...PAGES, ...(await assets()).map(name => `/assets/${name}`)]) {
      const [here, there] = await Promise.all([ask(path), asked(path)])
      expect([path, there.status]).toEqual([path, 200])
      expect(Buffer.from(await there.arrayBuffer())).toEqual(Buffer.from(await here.arrayBuffer()))
      for (const name of SAME)
        expect([path, name, there.headers.get(name)]).toEqual([path, name, here.headers.get(name)])
      expect(here.headers.get('content-security-policy')).toBe(SECURITY_HEADERS['content-security-policy'])
      // One machine is asked by its loopback address, which has no certificate.
      expect(there.headers.get('strict-transport-security')).toBe('max-age=31536000')
    }
  })

  test('asks the API for every call of it, and the bucket for all else', async () => {
    for (const key of Object.keys(ROUTES)) {
      const [method = '', path = ''] = key.split(' ')
      const answer = await asked(path.replaceAll(/\{\w+\}/g, 'x'), { method })
      expect([key, answer.headers.get('content-type')]).not.toContain('application/xml')
    }
    for (const path of ['/overview', '/v1', '/assets/', '/assets/none.js', '/metrics/x', '/console/key'])
      expect([path, (await asked(path)).status]).toEqual([path, 404])
  })

  test('tells a call that is not there, and a key that is not known, from refusals of the platform', async () => {
    const kind = async (path: string, key: string) => {
      const { status, headers } = await asked(path, { headers: { authorization: `Bearer ${key}` } })
      return [status, refusedInFront(status, headers.get('content-type'))]
    }
    expect(await kind('/v1/lake/tables', 'a')).toEqual([404, 'absent'])
    expect(await kind('/metrics', 'a')).toEqual([404, 'absent'])
    expect(await kind('/v1/metrics/trips_hourly/explain', 'a')).toEqual([404, 'absent'])
    expect(await kind('/v1/metrics/none', 'a')).toEqual([404, undefined])
    expect(await kind('/v1/runs', 'nobody')).toEqual([403, 'unauthenticated'])
    expect(await kind('/v1/runs', 'w')).toEqual([403, undefined])
    const here = await ask('/v1/nothing')
    expect(refusedInFront(here.status, here.headers.get('content-type'))).toBeUndefined()
  })
})

describe('signing in by a link', () => {
  const codeIn = (text: string) => /#code=(\S+)/.exec(text)![1]!
  const exchange = (
    body: unknown,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) => ask('/console/key', { method: 'POST', body: JSON.stringify(body), headers })

  test('gives the key for its code once, to nobody else, and sets no cookie', async () => {
    const code = codeIn(web.text(platform.url))
    const answers = await Promise.all([exchange({ code }), exchange({ code })])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
    const good = answers.find(({ ok }) => ok)!
    expect(await good.json()).toEqual({ key: KEY })
    expect([good.headers.get('cache-control'), good.headers.get('set-cookie')]).toEqual(['no-store', null])
  })

  test('refuses what is no code, and what a form of another page could send', async () => {
    for (const code of ['', 'x', '__proto__']) expect((await exchange({ code })).status).toBe(401)
    expect((await exchange({ code: 7 })).status).toBe(400)
    expect((await exchange({ code: 'x', more: 1 })).status).toBe(400)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
      expect((await exchange({ code: 'x' }, { 'content-type': type })).status).toBe(415)
  })

  test('is not offered where keys were set', async () => {
    const own = await openConsole(undefined, () => undefined, folder)
    expect(own.text('http://127.0.0.1:1')).toMatch(/^http:\/\/127\.0\.0\.1:1\/ .*asks for one of your keys/)
  })

  test('no call takes a cookie for a key, so that no other page can make one in its name', async () => {
    const cookies = { cookie: `key=${KEY}; authorization=Bearer a; session=a` }
    for (const path of ['/v1/metrics', '/v1/runs', '/v1/rejected', '/metrics'])
      expect((await ask(path, { headers: cookies })).status).toBe(401)
  })
})

function statusOf(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ port: platform.port, path }, answer => resolve(answer.resume().statusCode))
    asked.on('error', reject).end()
  })
}
