import { execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../../drivers/warehouse/server.ts'
import { CACHE, fromMaven } from '../downloads.ts'

const exec = promisify(execFile)

const VERSION = '476'
/** The first Java that it takes. */
const JAVA = 24
const START_MS = 300_000
const STATEMENT_MS = 110_000

/** A Trino of one node with tables in memory, and in files where it is asked for them. */
export type Trino = {
  /** Address of its API. */
  readonly url: string
  rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  stop(): Promise<void>
}

/** What of it was downloaded, and a Java that runs it. */
export type TrinoFiles = { readonly java: string; readonly home: string }

/** @throws where it, or a Java for it, cannot be had */
export async function installTrino(): Promise<TrinoFiles> {
  const java = newJava()
  const home = join(CACHE, `trino-${VERSION}-hive-iceberg`)
  if (existsSync(home)) return { java, home }
  const archive = await fromMaven(`io.trino:trino-server:${VERSION}:tar.gz`)
  // Of its fifty plug-ins three: the rest is a gigabyte. The archive has of a file that several have one, and
  // links to it, so that those come with the others' files.
  const aside = await mkdtemp(join(CACHE, 'trino-'))
  const parts = ['lib', 'plugin/memory', 'plugin/hive', 'plugin/iceberg', ...LINKED].map(
    part => `trino-server-${VERSION}/${part}`,
  )
  await exec('tar', ['xzf', archive, '-C', aside, '--strip-components=1', ...parts], { timeout: 300_000 })
  await Promise.all(LINKED.map(part => rm(join(aside, part), { recursive: true })))
  await rename(aside, home)
  return { java, home }
}

/** Plug-ins that the archive has files of, to which files of the three are links. */
const LINKED = ['bigquery', 'cassandra', 'clickhouse', 'delta-lake', 'hudi'].map(name => `plugin/${name}`)

/** Looks where Debian, and JAVA_HOME, have theirs. */
function newJava(): string {
  const base = '/usr/lib/jvm'
  const homes = [process.env['JAVA_HOME'] ?? '', ...(existsSync(base) ? readdirSync(base) : [])]
  for (const home of homes.map(name => (name.startsWith('/') ? name : join(base, name)))) {
    const release = join(home, 'release')
    if (!existsSync(release)) continue
    const version = /^JAVA_VERSION="(\d+)/m.exec(readFileSync(release, 'utf8'))?.[1]
    if (Number(version) >= JAVA) return join(home, 'bin/java')
  }
  throw new Error(`Trino ${VERSION} needs a JDK ${JAVA} or later in JAVA_HOME or ${base}`)
}

/**
 * Starts it, with a heap of 2 GB, for statements in a time zone that is not UTC. `withFiles`: there is a
 * catalog `hive` too, of tables over folders of this machine.
 *
 * @param catalogs properties of further catalogs, by name
 */
export async function startTrino(
  { java, home }: TrinoFiles,
  withFiles = false,
  catalogs: Readonly<Record<string, string>> = {},
): Promise<Trino> {
  const folder = await mkdtemp(join(tmpdir(), 'trino-'))
  const port = await freePort()
  await mkdir(join(folder, 'catalog'))
  await writeFile(join(folder, 'catalog/memory.properties'), 'connector.name=memory\n')
  for (const [name, properties] of Object.entries(catalogs))
    await writeFile(join(folder, `catalog/${name}.properties`), properties)
  if (withFiles) await writeFile(join(folder, 'catalog/hive.properties'), hiveOf(folder))
  await writeFile(join(folder, 'config.properties'), configOf(port))
  const log = await open(join(folder, 'log'), 'w')
  const server = spawn(java, argumentsOf(folder, home), { cwd: folder, stdio: ['ignore', log.fd, log.fd] })
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    server.kill('SIGKILL')
    await log.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const deadline = performance.now() + START_MS
  while (!(await isReady(url))) {
    if (performance.now() > deadline || server.exitCode !== null) {
      const said = (await readFile(join(folder, 'log'), 'utf8')).slice(-2000)
      await stop()
      throw new Error(`Trino did not start: ${said}`)
    }
    await sleep(500)
  }
  return { url, rows: sql => rowsOf(url, sql), stop }
}

function configOf(port: number): string {
  return [
    ...['coordinator=true', 'node-scheduler.include-coordinator=true', `http-server.http.port=${port}`],
    ...['node.internal-address=127.0.0.1', `discovery.uri=http://127.0.0.1:${port}`],
    ...['query.max-memory=700MB', 'query.max-memory-per-node=700MB', 'query.max-length=10000000', ''],
  ].join('\n')
}

function hiveOf(folder: string): string {
  return [
    ...[
      'connector.name=hive',
      'hive.metastore=file',
      `hive.metastore.catalog.dir=file://${folder}/metastore`,
    ],
    ...['fs.hadoop.enabled=true', 'hive.non-managed-table-writes-enabled=true', 'hive.parquet.time-zone=UTC'],
    ...['hive.recursive-directories=true', ''],
  ].join('\n')
}

function argumentsOf(folder: string, home: string): readonly string[] {
  return [
    ...['-server', '-Xmx2G', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:ReservedCodeCacheSize=256M'],
    ...['-Djdk.attach.allowAttachSelf=true', '--enable-native-access=ALL-UNNAMED'],
    ...['--add-modules=jdk.incubator.vector', '-Dnode.environment=test', '-Dnode.id=test'],
    ...[`-Dconfig=${folder}/config.properties`, `-Dcatalog.config-dir=${folder}/catalog`],
    ...[`-Dnode.data-dir=${folder}/data`, `-Dplugin.dir=${home}/plugin`],
    ...['-cp', `${home}/lib/*`, 'io.trino.server.TrinoServer'],
  ]
}

async function isReady(url: string): Promise<boolean> {
  try {
    const info = await fetch(`${url}/v1/info`, { signal: AbortSignal.timeout(5000) })
    if (((await info.json()) as { starting: boolean }).starting) return false
    return (await rowsOf(url, 'SELECT 1 AS n')).length === 1
  } catch {
    return false
  }
}

type Page = {
  readonly nextUri?: string
  readonly columns?: readonly { readonly name: string }[]
  readonly data?: readonly (readonly unknown[])[]
  readonly error?: { readonly message: string }
}

const HEADERS = {
  ...{ 'X-Trino-User': 'test', 'X-Trino-Catalog': 'memory', 'X-Trino-Schema': 'default' },
  'X-Trino-Time-Zone': 'America/New_York',
}

/** Trino's protocol: a page at a time, until none is next. */
async function rowsOf(url: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const signal = AbortSignal.timeout(STATEMENT_MS)
  const ask = async (address: string, init: RequestInit = {}) =>
    (await (await fetch(address, { ...init, signal })).json()) as Page
  const rows: Record<string, unknown>[] = []
  let page = await ask(`${url}/v1/statement`, { method: 'POST', headers: HEADERS, body: sql })
  for (;;) {
    if (page.error !== undefined) throw new Error(page.error.message)
    for (const row of page.data ?? [])
      rows.push(Object.fromEntries(row.map((value, i) => [page.columns![i]!.name, value])))
    if (page.nextUri === undefined) return rows
    page = await ask(page.nextUri)
  }
}
