import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

type Manifest = {
  readonly name?: string
  readonly version?: string
  readonly engines?: { readonly node?: string }
}
const manifest = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Manifest

/** The oldest Node that package.json names. */
const oldest = Number(/^>=(\d+)$/.exec(manifest('package.json').engines!.node!)![1])

test('the oldest Node of package.json is new enough for every package that is installed', () => {
  const paths = globSync('node_modules/{,@*/}*/package.json', { cwd: ROOT })
  expect(paths.length).toBeGreaterThan(200)
  const refusing = paths
    .map(manifest)
    .filter(({ engines }) => engines?.node !== undefined && !admits(engines.node, [oldest, 0, 0]))
  expect(refusing.map(({ name, engines }) => `${name} ${engines!.node}`)).toEqual([])
})

test('the Node that npm ci brings is as new', () => {
  expect(Number.parseInt(manifest('node_modules/node/package.json').version!, 10)).toBeGreaterThanOrEqual(
    oldest,
  )
})

test.each([
  ['>=22.12.0', true],
  ['>= 4', true],
  ['^22.12.0 || ^24.0.0 || >=26.0.0', true],
  ['^20.19.0 || ^22.13.0 || >=24', true],
  ['>=20 <=24', true],
  ['14.x || >=24.0.1', false],
  ['^22.0.0', false],
  ['>=20 <24', false],
])('a range %s admits Node 24.0.0: %s', (range, is) => {
  expect(admits(range, [24, 0, 0])).toBe(is)
})

type Version = readonly [number, number, number]

/** Whether a range of npm has a version. */
function admits(range: string, version: Version): boolean {
  return range.split('||').some(all =>
    [...all.trim().matchAll(/(>=|<=|<|\^|)\s*([\d.x*]+)/g)].every(([, sign, text]) => {
      const parts = text!
        .split('.')
        .filter(part => /^\d+$/.test(part))
        .map(Number)
      const order = compare(version, parts)
      if (sign === '>=') return order >= 0
      if (sign === '<') return order < 0
      if (sign === '<=') return order < 0 || parts.every((part, i) => part === version[i])
      if (sign === '^') return order >= 0 && version[0] === parts[0]
      return parts.every((part, i) => part === version[i])
    }),
  )
}

/** Digits that a range leaves out are 0. */
function compare(version: Version, parts: readonly number[]): number {
  for (const [i, number] of version.entries()) if (number !== (parts[i] ?? 0)) return number - (parts[i] ?? 0)
  return 0
}
