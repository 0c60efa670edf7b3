import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLmdbRuns } from '../../../drivers/runs/lmdb.ts'
import { aRun, runsContract } from '../../contracts/runs.ts'

let folder: string
let root: RootDatabase

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-runs-'))
  root = open({ path: folder })
})
afterEach(async () => {
  await root.close()
  await rm(folder, { recursive: true, force: true })
})

describe('the lmdb record of runs', () => {
  runsContract(async keep => createLmdbRuns(root, { keep }))

  test('has every run that was put when its process got kill -9', async () => {
    const url = (path: string) => JSON.stringify(new URL(`../../../${path}`, import.meta.url).href)
    const code = `
      const { open } = await import('lmdb')
      const { createLmdbRuns } = await import(${url('drivers/runs/lmdb.ts')})
      const { run, path } = ${JSON.stringify({ run: aRun('01A'), path: join(folder, 'killed') })}
      await createLmdbRuns(open({ path })).put(run)
      process.kill(process.pid, 'SIGKILL')`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' })
    expect(await new Promise(done => child.once('exit', (_, signal) => done(signal)))).toBe('SIGKILL')
    const reopened = open({ path: join(folder, 'killed') })
    expect(await createLmdbRuns(reopened).get('01A')).toEqual(aRun('01A'))
    await reopened.close()
  })

  test('refuses an id that LMDB could not hold', async () => {
    await expect(createLmdbRuns(root).put(aRun('x'.repeat(3000)))).rejects.toMatchObject({ code: 'internal' })
  })

  test('reports a failing store with its cause', async () => {
    await createLmdbRuns(root).put(aRun('01A'))
    await root.close()
    root = open({ path: folder, readOnly: true })
    const runs = createLmdbRuns(root)
    expect(await runs.get('01A')).toEqual(aRun('01A'))
    await expect(runs.put(aRun('01B'))).rejects.toMatchObject({
      code: 'storage_failed',
      cause: expect.any(Error),
    })
  })
})
