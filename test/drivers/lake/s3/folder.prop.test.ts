import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createS3Folder, type S3Folder } from '../../../../drivers/lake/s3/folder.ts'
import { describeOnMinistack } from '../../../engines/ministack.ts'
import { type Bucket, openBucket, watched } from './kit.ts'

const TARGETS = ['curated/t=a/e=1', 'curated/t=a/e=2', 'partials/m=a/e=1']
const PLAIN = ['raw/t=a/e=1', 'journal/m=a']
const FOLDERS = [...TARGETS, ...PLAIN, 'curated', 'curated/t=a', 'partials', 'raw/t=a', 'nothing']

/** What there should be: paths and sizes. */
type Model = ReadonlyMap<string, number>

type Step =
  | { readonly does: 'put'; readonly folder: string; readonly name: string }
  | {
      readonly does: 'replace'
      readonly target: string
      readonly names: readonly string[]
      /** The call that the function does not survive. */
      readonly cutAt: number
    }
  | { readonly does: 'remove'; readonly folder: string }

const name = fc.constantFrom('x.csv', 'y.csv', 'sub/z.csv')
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('put' as const), folder: fc.constantFrom(...PLAIN), name }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('replace' as const),
      target: fc.constantFrom(...TARGETS),
      names: fc.uniqueArray(name, { minLength: 1 }),
      cutAt: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('remove' as const), folder: fc.constantFrom(...FOLDERS) }),
  },
)

const within = (path: string, folder: string) => path.startsWith(`${folder}/`)
const without = (model: Model, folder: string) =>
  new Map([...model].filter(([path]) => !within(path, folder)))
const under = (model: Model, folder: string) => [...model].filter(([path]) => within(path, folder)).sort()

describeOnMinistack('folders of S3 objects', ['s3'], ministack => {
  test('show what was put, removed and replaced, and of a replacement cut short the old folder or the new one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async steps => {
        const at = await openBucket(ministack)
        try {
          let now = 1_763_720_000_000
          const folder = createS3Folder({ ...at, now: () => now })
          let model: Model = new Map()
          for (const [serial, each] of steps.entries()) {
            now += 7 * 60_000
            model = await play(at, folder, model, each, serial + 1, () => now)
          }
          for (const each of FOLDERS) {
            expect(await listed(folder, each), each).toEqual(under(model, each))
            const names = under(model, each).map(([path]) => path.slice(each.length + 1).split('/'))
            const expected = new Set(names.filter(parts => parts.length > 1).map(parts => parts[0]))
            expect(await folder.folders(each), each).toEqual([...expected].sort())
          }
        } finally {
          await at.dispose()
        }
      }),
      { numRuns: 30, endOnFailure: true },
    )
  }, 120_000)
})

async function play(at: Bucket, folder: S3Folder, model: Model, step: Step, size: number, now: () => number) {
  if (step.does === 'remove') {
    await folder.remove(step.folder)
    return without(model, step.folder)
  }
  if (step.does === 'put') {
    await put(at, folder, `${step.folder}/${step.name}`, size)
    return new Map([...model, [`${step.folder}/${step.name}`, size]])
  }
  const { target, names, cutAt } = step
  await folder.remove(`staged/${target}`)
  for (const each of names) await put(at, folder, `staged/${target}/${each}`, size)
  const replaced = new Map([
    ...without(model, target),
    ...names.map(each => [`${target}/${each}`, size] as const),
  ])
  const objects = watched(at.objects, {
    before(call) {
      if (call === cutAt) throw new Error('cut')
    },
  })
  const wasCut = await createS3Folder({ ...at, objects, now })
    .replace(`staged/${target}`, target)
    .then(
      () => false,
      error => error.message === 'cut',
    )
  const shown = await listed(folder, target)
  if (!wasCut) expect(shown).toEqual(under(replaced, target))
  else expect([under(model, target), under(replaced, target)]).toContainEqual(shown)
  return new Map([...without(model, target), ...shown])
}

async function put(at: Bucket, folder: S3Folder, path: string, size: number): Promise<void> {
  const file = join(at.folder, 'file')
  await writeFile(file, 'x'.repeat(size))
  await folder.upload(path, file)
}

async function listed(folder: S3Folder, path: string): Promise<readonly (readonly [string, number])[]> {
  return (await folder.list(path)).map(object => [object.path, object.bytes] as const).sort()
}
