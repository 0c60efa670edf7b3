import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPostmaster } from '../../drivers/warehouse/embedded-postgres/postmaster.ts'
import { freePort, rowsOf } from '../drivers/warehouse/server.ts'
import { KEY, type OpenPlatform, startOpenly } from './platform.ts'

/** An account that owns nothing here. */
const STRANGER = { uid: 65_534, gid: 65_534 }
const isRoot = process.getuid?.() === 0

let root: string
let data: string
let platform: OpenPlatform
let url: string
let warehousePort: number

/** The data folder stands already, made by a version that left it open to all. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tributary-strangers-'))
  await chmod(root, 0o755)
  data = join(root, 'data')
  await mkdir(join(data, 'lake', 'inbox', 'failed'), { recursive: true })
  await writeFile(join(data, 'lake', 'inbox', 'failed', 'old.ndjson'), '{}\n')
  await promisify(execFile)('chmod', ['-R', 'a+rwX', data])
  warehousePort = await freePort()
  platform = startOpenly({ TRIBUTARY_DATA: data, TRIBUTARY_WAREHOUSE_PORT: String(warehousePort) })
  url = (await platform.saying(/ready at (http:\S+)/))[1]!
  await platform.saying(/psql/)
  await sendCustomer()
})
afterAll(async () => {
  await platform?.stop()
  await rm(root, { recursive: true, force: true })
})

const HEADERS = { authorization: `Bearer ${KEY}`, 'content-type': 'application/cloudevents+json' }

async function sendCustomer(): Promise<void> {
  const event = {
    ...{
      specversion: '1.0',
      id: 'c1',
      source: '/t',
      type: 'com.tributary.customer',
      time: '2026-01-31T12:00:00Z',
    },
    data: {
      id: 1,
      customer_name: { first_name: 'Ada', last_name: 'Lovelace' },
      customer_email: 'ada@example.org',
      customer_location: { longitude: 13.4, latitude: 52.5 },
    },
  }
  const answer = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: HEADERS,
    body: JSON.stringify(event),
  })
  expect([answer.status, await answer.text()]).toEqual([202, expect.stringContaining('"accepted":1')])
}

const password = async (file: string) => (await readFile(join(data, file), 'utf8')).trim()
const warehouse = async (role: string, file: string) =>
  `postgres://${role}:${await password(file)}@127.0.0.1:${warehousePort}/tributary`

/** The rows of a statement, as soon as there are some. */
async function rowsSoon(address: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  for (const end = Date.now() + 20_000; ; await sleep(200)) {
    const rows = await rowsOf(address, sql).catch(error => (Date.now() > end ? Promise.reject(error) : []))
    if (rows.length > 0 || Date.now() > end) return rows
  }
}

describe('on a machine with other accounts', () => {
  test('everything in the data folder is its owner’s alone, whatever the umask was and whatever stood there', async () => {
    await rowsSoon(await warehouse('tributary', 'warehouse-password'), 'SELECT 1 AS x FROM customer')
    const open: string[] = []
    for (const path of await everything(data)) {
      const { mode } = await stat(path)
      // Where root runs the platform, the account of PostgreSQL may pass the data folder, and no more.
      if ((mode & (path === data ? 0o067 : 0o077)) !== 0) open.push(`${(mode & 0o777).toString(8)} ${path}`)
    }
    expect(open).toEqual([])
  })

  test.runIf(isRoot)(
    'another account reads nothing, writes nothing, connects to nothing (only where tests run as root)',
    async () => {
      const postmaster = await findPostmaster(join(data, 'warehouse'))
      const socket = join(
        tmpdir(),
        `tributary-${hash('sha256', await realpath(data), 'hex').slice(0, 16)}.sock`,
      )
      expect((await stat(socket)).isSocket()).toBe(true)
      const targets = {
        paths: await everything(data),
        sockets: [socket],
        pids: [platform.pid, postmaster!.pid],
      }
      const { tried, succeeded } = await asStranger(targets)
      expect(tried).toBeGreaterThan(200)
      expect(succeeded).toEqual([])
    },
  )

  test.runIf(process.platform === 'linux' && isRoot)(
    'nothing listens but the API and the warehouse, on loopback (only on Linux, where tests run as root)',
    async () => {
      const postmaster = await findPostmaster(join(data, 'warehouse'))
      const found = [...(await listening(platform.pid)), ...(await listening(postmaster!.pid))]
      expect(found.sort()).toEqual([`127.0.0.1:${new URL(url).port}`, `127.0.0.1:${warehousePort}`].sort())
    },
  )

  test('whoever connects without a key or password gets nothing', async () => {
    for (const path of ['/v1/metrics', '/v1/contracts', '/v1/runs', '/v1/rejected', '/metrics'])
      expect([path, (await fetch(url + path)).status]).toEqual([path, 401])
    for (const role of ['tributary', 'tributary_reader', 'tributary_admin', 'postgres'])
      for (const database of ['tributary', 'postgres', 'template1'])
        await expect(
          rowsOf(`postgres://${role}@127.0.0.1:${warehousePort}/${database}`, 'SELECT 1'),
        ).rejects.toThrow(/password|rejects connection|no pg_hba/)
  })

  test('whoever has the owner’s password runs no program all the same', async () => {
    const owner = await warehouse('tributary', 'warehouse-password')
    await expect(rowsOf(owner, "COPY customer FROM PROGRAM 'id -un'")).rejects.toThrow(/permission denied/)
  })

  test('BI tools see events without their sensitive fields, and not whom they are about', async () => {
    const reader = await warehouse('tributary_reader', 'warehouse-reader-password')
    expect(
      await rowsSoon(
        reader,
        'SELECT customer_location_longitude::int AS x, id, customer_email, customer_name_first_name AS first FROM customer',
      ),
    ).toEqual([{ x: 13, id: null, customer_email: null, first: null }])
    await expect(rowsOf(reader, 'SELECT * FROM public.customer')).rejects.toThrow(/permission denied/)
    const owner = await warehouse('tributary', 'warehouse-password')
    expect(await rowsOf(owner, 'SELECT id, customer_email AS e FROM customer')).toEqual([
      { id: '1', e: 'ada@example.org' },
    ])
  })

  test('what the start prints names the files of the passwords, and no password', async () => {
    expect(platform.said()).toContain(
      `PGPASSWORD=$(cat '${join(data, 'warehouse-reader-password')}') psql -h 127.0.0.1 -p ${warehousePort} -U tributary_reader`,
    )
    for (const file of ['warehouse-password', 'warehouse-reader-password'])
      expect(platform.said()).not.toContain(await password(file))
  })
})

test('no address of the warehouse is printed when its port is a stranger’s', async () => {
  const squatter = createServer()
  await new Promise<void>(done => squatter.listen(0, '127.0.0.1', done))
  const { port } = squatter.address() as { port: number }
  const other = join(root, 'other')
  const second = startOpenly({ TRIBUTARY_DATA: other, TRIBUTARY_WAREHOUSE_PORT: String(port) })
  try {
    await second.saying(/warehouse {2}does not run/)
    expect(second.said()).not.toMatch(/psql|PGPASSWORD/)
    expect(second.said()).toContain(`port ${port} is not free for the warehouse`)
  } finally {
    await second.stop()
    await new Promise(done => squatter.close(done))
  }
})

async function everything(folder: string): Promise<readonly string[]> {
  return [folder, ...(await readdir(folder, { recursive: true })).map(name => join(folder, name))]
}

type Found = { readonly tried: number; readonly succeeded: readonly string[] }

async function asStranger(targets: object): Promise<Found> {
  const code = await readFile(join(import.meta.dirname, 'attempts.ts'), 'utf8')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module-typescript', '-e', code],
    { ...STRANGER, cwd: '/', env: { TARGETS: JSON.stringify(targets) }, timeout: 20_000 },
  )
  return JSON.parse(stdout) as Found
}

/**
 * Addresses that a process listens on: `local_address` of /proc/net/tcp, whose `st` is 0A and whose inode it
 * has open.
 */
async function listening(pid: number): Promise<readonly string[]> {
  const files = await readdir(`/proc/${pid}/fd`)
  const open = await Promise.all(files.map(fd => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')))
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map(name => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  )
  return tables.flatMap(table =>
    table.split('\n').flatMap(line => {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/)
      return state === '0A' && open.includes(`socket:[${inode}]`) ? [addressOf(local)] : []
    }),
  )
}

/** `0100007F:1F90` → `127.0.0.1:8080`. */
function addressOf(text: string): string {
  const [address = '', port = ''] = text.split(':')
  const bytes = (address.match(/../g) ?? []).map(byte => Number.parseInt(byte, 16)).reverse()
  return `${bytes.join('.')}:${Number.parseInt(port, 16)}`
}
