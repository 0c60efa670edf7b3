import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SAMPLE } from '../../declared.ts'

/** In processes of their own: a test's own modules are found by other rules than Node's. */
const exec = promisify(execFile)
const CLI = resolve(import.meta.dirname, '../../../local/cli/bin.ts')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "somebody's files "))
  await cp(SAMPLE, join(folder, 'declared'), { recursive: true })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const check = () =>
  exec(process.execPath, [CLI, 'contracts', 'check', '--pipeline', join(folder, 'declared')], { cwd: folder })

test('a pipeline folder outside of the project is refused with a command after which it is right', async () => {
  const said = await check().then(
    ({ stdout }) => stdout,
    ({ stderr }: { stderr: string }) => stderr,
  )
  expect(said).toContain('declared/schedules/batch.ts: Cannot find module')
  const remedy = /^.* put links to them beside it: (ln -s .+)$/m.exec(said)![1]!
  await exec('sh', ['-c', remedy])
  const { stdout, stderr } = await check()
  expect([stdout, stderr]).toEqual([expect.stringContaining('all right'), ''])
})
