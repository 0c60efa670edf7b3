import { expect, test } from 'vitest'
import { completed, newPackageJson } from '../../../local/cli/project/package-json.ts'

const dependency = { name: 'tributary', version: '^0.1.0' }
const complete = (value: object) => completed(JSON.stringify(value), dependency)
const read = (text: string | undefined) => JSON.parse(text!) as Record<string, Record<string, string>>

test('a package.json that npm made is completed, and what it says stays', () => {
  const before = {
    name: 'shop',
    scripts: { test: 'echo "Error: no test specified" && exit 1', lint: 'lint' },
    dependencies: { tributary: 'file:../t.tgz', left: '1' },
    allowScripts: { lmdb: false },
  }
  const after = read(complete(before))
  expect(after).toMatchObject({
    ...{ name: 'shop', type: 'module', dependencies: before.dependencies },
    scripts: { lint: 'lint', test: 'tributary test' },
    allowScripts: { lmdb: false, node: true },
  })
  expect(completed(`${JSON.stringify(after, null, 2)}\n`, dependency)).toBeUndefined()
  expect(read(newPackageJson('shop', dependency))).toMatchObject({ dependencies: { tributary: '^0.1.0' } })
})

test.each([
  [{ type: 'commonjs' }, 'package.json is in the way: its "type" is "commonjs"'],
  [{ scripts: { start: 'node .' } }, 'package.json is in the way: it has a script "start" of its own'],
  [[], 'package.json is in the way: it is no JSON object'],
])('%j is refused by name', (before, said) => {
  expect(() => complete(before)).toThrow(said)
})
