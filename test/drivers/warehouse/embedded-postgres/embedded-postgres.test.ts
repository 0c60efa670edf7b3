import { execFile, spawn, spawnSync } from 'node:child_process'
import { access, chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openEmbeddedPostgres } from '../../../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import { findPostmaster } from '../../../../drivers/warehouse/embedded-postgres/postmaster.ts'
import { freePort, PASSWORDS, removeFolder, rowsOf, temporaryFolder } from '../server.ts'

const hasPsql = spawnSync('psql', ['--version'], { timeout: 5000 }).status === 0

let folder: string
let data: string
let port: number
const opened: { stop(): Promise<void> }[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  data = join(folder, 'data')
  port = await freePort()
})
afterEach(async () => {
  for (const server of opened.splice(0)) await server.stop()
})
afterAll(() => removeFolder(folder))

const open = (settings: Partial<Parameters<typeof openEmbeddedPostgres>[0]> = {}) => {
  const server = openEmbeddedPostgres({ folder: data, port, passwords: PASSWORDS, ...settings })
  opened.push(server)
  return server
}

describe('the embedded postgres', () => {
  test('returns at once, gets ready, and is a durable server of this machine only', async () => {
    const start = performance.now()
    const server = open()
    expect(performance.now() - start).toBeLessThan(50)
    await server.ready
    const [row] = await rowsOf(
      server.url,
      "SELECT current_setting('server_version_num')::int / 10000 AS version, current_setting('fsync') AS fsync," +
        " current_setting('TimeZone') AS zone, current_setting('listen_addresses') AS addresses",
    )
    expect(row).toEqual({ version: 18, fsync: 'on', zone: 'UTC', addresses: '127.0.0.1' })
  })

  test.skipIf(!hasPsql)('lets psql in with its password (skipped where psql is not installed)', async () => {
    await open().ready
    const options = [
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-U',
      'tributary',
      '-Atc',
      'SELECT 40 + 2',
      'tributary',
    ]
    const { stdout } = await promisify(execFile)('psql', ['-w', ...options], {
      timeout: 5000,
      env: { ...process.env, PGPASSWORD: PASSWORDS.owner },
    })
    expect(stdout).toBe('42\n')
  })

  test('keeps its data over a stop and a start, and stops while somebody is connected', async () => {
    const first = open()
    await first.ready
    await rowsOf(first.url, 'CREATE TABLE kept AS SELECT 1 AS x')
    const idle = rowsOf(first.url, 'SELECT pg_sleep(60)')
    const lost = expect(idle).rejects.toThrow()
    await first.stop()
    await lost
    expect(await findPostmaster(data)).toBeUndefined()
    await expect(first.ensure()).rejects.toMatchObject({ code: 'unavailable' })
    const second = open()
    await second.ready
    expect(await rowsOf(second.url, 'SELECT x FROM kept')).toEqual([{ x: 1 }])
  })

  test('survives kill -9 of its parent and is adopted by the next one', async () => {
    const orphan = await startInKilledProcess()
    const server = open()
    await server.ready
    expect((await findPostmaster(data))?.pid).toBe(orphan)
    expect(await rowsOf(server.url, 'SELECT 1 AS x')).toEqual([{ x: 1 }])
  })

  test('moves an orphan to the port that is set now', async () => {
    const orphan = await startInKilledProcess()
    const other = await freePort()
    const server = open({ port: other })
    await server.ready
    const found = await findPostmaster(data)
    expect(found?.port).toBe(other)
    expect(found?.pid).not.toBe(orphan)
  })

  test('starts again what was killed, also when parent and server died together', async () => {
    const orphan = await startInKilledProcess()
    process.kill(orphan, 'SIGKILL')
    const server = open()
    await server.ready
    process.kill((await findPostmaster(data))!.pid, 'SIGKILL')
    await new Promise(done => setTimeout(done, 100))
    await server.ensure()
    expect(await rowsOf(server.url, 'SELECT 1 AS x')).toEqual([{ x: 1 }])
  })

  test('is not misled by a pid file whose number now belongs to another program', async () => {
    await writeFile(
      join(data, 'postmaster.pid'),
      `${process.pid}\n${data}\n0\n${port}\n\n127.0.0.1\n0\nready\n`,
    )
    const server = open()
    await server.ready
    expect((await findPostmaster(data))?.pid).not.toBe(process.pid)
  })

  test('starts on a copy of a folder whose own server still runs', async () => {
    const original = open()
    await original.ready
    const copied = join(folder, 'copy')
    await promisify(execFile)('cp', ['-a', data, copied])
    const copy = open({ folder: copied, port: await freePort() })
    await copy.ready
    expect(await rowsOf(copy.url, 'SELECT 1 AS x')).toEqual([{ x: 1 }])
    expect(await rowsOf(original.url, 'SELECT 2 AS x')).toEqual([{ x: 2 }])
    expect((await findPostmaster(copied))?.pid).not.toBe((await findPostmaster(data))?.pid)
  })

  test('names the port and its setting when the port is taken', async () => {
    const squatter = createServer()
    await new Promise<void>(done => squatter.listen(0, '127.0.0.1', done))
    const taken = (squatter.address() as { port: number }).port
    const server = open({ port: taken })
    await expect(server.ready).rejects.toMatchObject({
      code: 'invalid_setting',
      message: expect.stringMatching(new RegExp(`${taken}.*TRIBUTARY_WAREHOUSE_PORT`)),
    })
    await new Promise(done => squatter.close(done))
    // Free again: the same handle recovers.
    await server.ensure()
    expect(await rowsOf(server.url, 'SELECT 1 AS x')).toEqual([{ x: 1 }])
  })

  test('starts over after an initdb that was interrupted', async () => {
    const fresh = join(folder, 'fresh')
    await mkdir(`${fresh}.init`)
    await writeFile(join(`${fresh}.init`, 'half'), '')
    const server = open({ folder: fresh, port: await freePort() })
    await server.ready
    await expect(access(`${fresh}.init`)).rejects.toThrow()
    expect(await readdir(fresh)).not.toContain('half')
  })

  test.runIf(process.getuid?.() === 0)(
    'names the folder that the account of the server cannot pass (only where tests run as root)',
    async () => {
      const closed = join(folder, 'closed')
      await mkdir(closed)
      await mkdir(join(closed, 'inner'), { recursive: true })
      await chmod(closed, 0o700)
      const server = open({ folder: join(closed, 'inner', 'data'), port: await freePort() })
      await expect(server.ready).rejects.toMatchObject({
        code: 'invalid_setting',
        message: expect.stringContaining(`chmod o+x ${closed}`),
      })
    },
  )

  test.runIf(process.getuid?.() === 0)(
    'lets the account of the server, and nobody else, through a data folder that only root may pass',
    async () => {
      const parent = join(folder, 'private')
      await mkdir(parent)
      await chmod(parent, 0o700)
      const server = open({ folder: join(parent, 'data'), port: await freePort() })
      await server.ready
      expect((await stat(parent)).mode & 0o777).toBe(0o710)
      await server.stop()
    },
  )

  test('can be stopped while it starts', async () => {
    const server = open()
    await server.stop()
    expect(await findPostmaster(data)).toBeUndefined()
  })
})

/** Starts the server in a process that then gets kill -9; the pid of the server. */
async function startInKilledProcess(): Promise<number> {
  const module = new URL(
    '../../../../drivers/warehouse/embedded-postgres/embedded-postgres.ts',
    import.meta.url,
  ).href
  const code =
    `const { openEmbeddedPostgres } = await import(${JSON.stringify(module)});` +
    `await openEmbeddedPostgres(${JSON.stringify({ folder: data, port, passwords: PASSWORDS })}).ready;` +
    `console.log('ready'); setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = new Promise(done => parent.once('exit', done))
  await Promise.race([new Promise(done => parent.stdout.once('data', done)), gone])
  parent.kill('SIGKILL')
  await gone
  return (await findPostmaster(data))!.pid
}
