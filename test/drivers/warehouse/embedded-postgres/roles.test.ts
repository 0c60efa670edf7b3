import { execFile, spawn } from 'node:child_process'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { giveTo, serverAccount } from '../../../../drivers/warehouse/embedded-postgres/account.ts'
import { postgresBinaries } from '../../../../drivers/warehouse/embedded-postgres/binaries.ts'
import { openEmbeddedPostgres } from '../../../../drivers/warehouse/embedded-postgres/embedded-postgres.ts'
import { findPostmaster } from '../../../../drivers/warehouse/embedded-postgres/postmaster.ts'
import { freePort, PASSWORDS, removeFolder, rowsOf, temporaryFolder } from '../server.ts'

let folder: string
let port: number
const opened: { stop(): Promise<void> }[] = []

beforeAll(async () => {
  folder = await temporaryFolder()
  port = await freePort()
})
afterEach(async () => {
  for (const server of opened.splice(0)) await server.stop()
})
afterAll(() => removeFolder(folder))

const open = (name: string, settings: Partial<Parameters<typeof openEmbeddedPostgres>[0]> = {}) => {
  const server = openEmbeddedPostgres({ folder: join(folder, name), port, passwords: PASSWORDS, ...settings })
  opened.push(server)
  return server
}
const urlOf = (role: string, password = '') => `postgres://${role}:${password}@127.0.0.1:${port}/tributary`
/** SQLSTATE that an attempt is refused with; '' where it is not. */
const refusal = (url: string, sql = 'SELECT 1') =>
  rowsOf(url, sql).then(
    () => '',
    (error: pg.DatabaseError) => error.code ?? error.message,
  )

describe('the roles of the warehouse', () => {
  test('nobody gets in without the password, and the superuser of initdb not at all', async () => {
    await open('data').ready
    expect(await refusal(urlOf('tributary'))).toMatch(/password|28P01/)
    expect(await refusal(urlOf('tributary', 'wrong'))).toBe('28P01')
    expect(await refusal(urlOf('tributary_reader', PASSWORDS.owner))).toBe('28P01')
    for (const password of ['', 'x', PASSWORDS.owner])
      expect(await refusal(urlOf('tributary_admin', password))).toMatch(/password|28000/)
  })

  test('the owner runs no programs, reads no files of the server, makes no roles and is no superuser', async () => {
    const { url, ready } = open('data')
    await ready
    await rowsOf(url, 'CREATE TABLE IF NOT EXISTS t (x text)')
    const DENIED = '42501'
    for (const sql of [
      "COPY t FROM PROGRAM 'id -un'",
      "COPY t TO PROGRAM 'cat'",
      "COPY t FROM '/etc/passwd'",
      "SELECT pg_read_file('/etc/passwd')",
      "SELECT lo_import('/etc/passwd')",
      'CREATE ROLE other SUPERUSER LOGIN',
      'ALTER ROLE tributary SUPERUSER',
      'GRANT pg_execute_server_program TO tributary',
      'SET ROLE tributary_admin',
      "ALTER SYSTEM SET archive_command = 'id'",
      "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc', 'getpid'",
      'SELECT rolpassword FROM pg_authid',
    ])
      expect([sql, await refusal(url, sql)]).toEqual([sql, DENIED])
  })

  test('the reader writes nothing, whatever it sets for itself', async () => {
    const { readerUrl, ready } = open('data')
    await ready
    for (const sql of ['CREATE TABLE mine (x int)', 'CREATE TEMP TABLE mine (x int)', 'SELECT lo_create(0)'])
      expect(await refusal(readerUrl, `SET transaction_read_only = off; ${sql}`)).toBe('42501')
  })

  test('a password that the file has anew is the one that counts from the next start on', async () => {
    const before = open('data')
    await before.ready
    await rowsOf(before.url, 'CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS x')
    await before.stop()
    const after = open('data', { passwords: { ...PASSWORDS, owner: 'another-one-12' } })
    await after.ready
    expect(await refusal(before.url)).toBe('28P01')
    expect(await rowsOf(after.url, 'SELECT x FROM kept')).toEqual([{ x: 1 }])
    expect(await rowsOf(after.readerUrl, 'SELECT 1 AS x')).toEqual([{ x: 1 }])
  })

  test('a server that another process left running gets the password of the file, too', async () => {
    const orphan = open('data')
    await orphan.ready
    const adopted = open('data', { passwords: { ...PASSWORDS, owner: 'another-two-12' } })
    await adopted.ready
    expect(await rowsOf(adopted.url, 'SELECT 1 AS x')).toEqual([{ x: 1 }])
  })

  test('a password that was changed by SQL gives way to the one of the file', async () => {
    const { url, ready, stop } = open('data')
    await ready
    await rowsOf(url, "ALTER ROLE tributary PASSWORD 'by sql'")
    await stop()
    const again = open('data')
    await again.ready
    expect(await rowsOf(again.url, 'SELECT 1 AS x')).toEqual([{ x: 1 }])
  })

  test('no password is in the command line, the surroundings or the log of the server', async () => {
    await open('data').ready
    const { pid } = (await findPostmaster(join(folder, 'data')))!
    const texts = [await readFile(join(folder, 'data.log'), 'utf8')]
    if (process.platform === 'linux')
      texts.push(
        await readFile(`/proc/${pid}/cmdline`, 'utf8'),
        await readFile(`/proc/${pid}/environ`, 'utf8'),
      )
    for (const text of texts) expect(text).not.toMatch(/of-the-(owner|reader)|another-(one|two)|SCRAM-SHA/)
    expect((await stat(join(folder, 'data.log'))).mode & 0o077).toBe(0)
  })

  test('a data folder of an earlier version keeps its tables, views and grants, and asks for passwords', async () => {
    await makeEarlier('earlier')
    const { url, readerUrl, ready } = open('earlier')
    await ready
    expect(await refusal(urlOf('tributary'))).toMatch(/password|28P01/)
    expect(await rowsOf(url, "SELECT rolsuper FROM pg_roles WHERE rolname = 'tributary'")).toEqual([
      { rolsuper: false },
    ])
    await rowsOf(
      url,
      'ALTER TABLE trip ADD COLUMN more int; ALTER SEQUENCE numbers RESTART; DROP VIEW own.seen',
    )
    await rowsOf(url, 'INSERT INTO trip (x) VALUES (2); SELECT one()')
    expect(await rowsOf(readerUrl, 'SELECT x FROM trip ORDER BY x')).toEqual([{ x: 1 }, { x: 2 }])
  })

  test('an earlier version that a killed process left running is changed as well', async () => {
    const running = await makeEarlier('left', 'running')
    const { url, ready } = open('left')
    await ready
    expect((await findPostmaster(join(folder, 'left')))?.pid).not.toBe(running)
    expect(await rowsOf(url, 'SELECT x FROM trip')).toEqual([{ x: 1 }])
    expect(await refusal(urlOf('tributary'))).toMatch(/password|28P01/)
  })
})

/** A data folder as the version before passwords made it: one superuser, and everybody trusted. */
async function makeEarlier(name: string, ends: 'stopped' | 'running' = 'stopped'): Promise<number> {
  const data = join(folder, name)
  const { initdb, postgres } = await postgresBinaries()
  const account = await serverAccount()
  await mkdir(data, { mode: 0o700 })
  await giveTo(account, data)
  const as = { cwd: '/', ...(account !== undefined && { uid: account.uid, gid: account.gid }) }
  const options = ['-D', data, '-U', 'tributary', '--auth=trust', '--encoding=UTF8', '--locale=C']
  await promisify(execFile)(initdb, options, as)
  const server = spawn(
    postgres,
    ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    { ...as, stdio: 'ignore', detached: true },
  )
  const trusted = (database: string) => `postgres://tributary@127.0.0.1:${port}/${database}`
  for (let left = 100; (await refusal(trusted('postgres'))) !== '' && left > 0; left--) await sleep(50)
  await rowsOf(trusted('postgres'), 'CREATE DATABASE tributary')
  await rowsOf(
    trusted('tributary'),
    `CREATE ROLE tributary_reader LOGIN;
    ALTER ROLE tributary_reader SET default_transaction_read_only = on;
    GRANT USAGE ON SCHEMA public TO tributary_reader;
    ALTER DEFAULT PRIVILEGES FOR ROLE tributary IN SCHEMA public GRANT SELECT ON TABLES TO tributary_reader;
    CREATE TABLE trip (id serial, x int);
    INSERT INTO trip (x) VALUES (1);
    CREATE SCHEMA own;
    CREATE VIEW own.seen AS SELECT x FROM trip;
    CREATE SEQUENCE numbers;
    CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  )
  if (ends === 'running') return server.pid!
  const gone = new Promise(done => server.once('exit', done))
  server.kill('SIGINT')
  await gone
  return server.pid!
}
