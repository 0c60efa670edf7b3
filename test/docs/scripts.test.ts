import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import hostile from '../hostile/vitest.config.ts'

const root = join(import.meta.dirname, '..', '..')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>
}

test('no script sets a variable as sh does, which Windows’ cmd takes for a program', () => {
  expect(Object.entries(scripts).filter(([, line]) => /(^|[;&|] *)\w+=/.test(line))).toEqual([])
})

test('the attacks run alone, for a minute each where nobody says otherwise', () => {
  expect(scripts['test:hostile']).toBe('vitest run --config test/hostile/vitest.config.ts')
  const { include = [], env } = hostile.test!
  expect(globSync(include, { cwd: root })).toEqual([join('test', 'hostile', 'hostile.test.ts')])
  expect(env).toEqual({ HOSTILE_SECONDS: process.env['HOSTILE_SECONDS'] ?? '60' })
})
