import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockDataFolder } from '../../local/data-folder.ts'
import { removeDeadSockets } from '../../local/dead-sockets.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-sockets-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const lock = (digit: string) => join(folder, `tributary-${digit.repeat(16)}.sock`)
const LONG_AGO = new Date(Date.now() - 3_600_000)

/** A process that listens at sockets and is killed. */
async function leave(...paths: readonly string[]): Promise<void> {
  const program = `
    const { createServer } = require('node:net')
    const ready = ${JSON.stringify(paths)}.map(path => new Promise(done => createServer().listen(path, done)))
    Promise.all(ready).then(() => console.log('ready'))`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
}

test('locks that killed platforms left are removed, and nothing else', async () => {
  const other = join(folder, 'another.sock')
  await leave(lock('a'), lock('b'), lock('c'), other)
  for (const path of [lock('a'), lock('b'), other]) await utimes(path, LONG_AGO, LONG_AGO)
  await writeFile(lock('d'), 'a file')
  await utimes(lock('d'), LONG_AGO, LONG_AGO)
  const living = createServer().listen(lock('e'))
  await once(living, 'listening')
  await utimes(lock('e'), LONG_AGO, LONG_AGO)

  await removeDeadSockets(folder)
  const left = [other, lock('c'), lock('d'), lock('e')].map(path => path.slice(folder.length + 1))
  expect((await readdir(folder)).sort()).toEqual(left.sort())
  living.close()
})

test('a folder that is not there, or may not be read, is left alone', async () => {
  await expect(removeDeadSockets(join(folder, 'nothing'))).resolves.toBeUndefined()
})

test('whoever takes a data folder removes the locks of others that were killed', async () => {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  try {
    await leave(lock('a'))
    await utimes(lock('a'), LONG_AGO, LONG_AGO)
    const taken = await lockDataFolder(join(folder, 'data'))
    expect((await readdir(folder)).filter(name => name.endsWith('.sock'))).toHaveLength(1)
    await expect(lockDataFolder(join(folder, 'data'))).rejects.toThrow('in use by another process')
    await taken.release()
    expect((await readdir(folder)).filter(name => name.endsWith('.sock'))).toEqual([])
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
})
