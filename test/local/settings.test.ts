import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { developmentKey, readDevelopmentKey } from '../../drivers/keys/development.ts'
import { readSettings } from '../../local/settings.ts'

const FOLDER = join(import.meta.dirname, '..', '..', 'pipeline')

test('without an environment everything has its documented default', () => {
  expect(readSettings({})).toEqual({
    port: 8080,
    host: '127.0.0.1',
    data: join(process.cwd(), '.tributary'),
    epochLength: 3_600_000,
    warehouse: { enabled: true, port: 5439, url: undefined, schema: 'public' },
    compute: { largestEpoch: undefined, spark: undefined },
    keys: undefined,
    origins: [],
    pipeline: FOLDER,
    partitions: 16,
    lanes: Math.min(8, Math.max(1, availableParallelism() - 1)),
    dedupeHorizon: { ms: 86_400_000 },
    timeBounds: { ahead: 86_400_000, behind: Infinity },
    longestBody: 10_485_760,
    listeners: 1000,
    logLevel: 'info',
  })
})

test('settings are read and frozen, and those of other programs left alone', () => {
  const settings = readSettings({
    PORT: '0',
    TRIBUTARY_EPOCH: '10s',
    TRIBUTARY_WAREHOUSE: 'off',
    TRIBUTARY_KEYS: 'write:abc, read:d-e:f',
    TRIBUTARY_URL: 'http://elsewhere',
    TRIBUTARY_PARTITIONS: '',
    PATH: '/bin',
  })
  expect(settings).toMatchObject({
    port: 0,
    epochLength: 10_000,
    warehouse: { enabled: false },
    partitions: 16,
    keys: [
      { secret: 'abc', access: { name: 'write-1', write: 'all' } },
      { secret: 'd-e:f', access: { name: 'read-2', read: 'all' } },
    ],
  })
  expect(Object.isFrozen(settings)).toBe(true)
})

test('tables are in a schema of their own where another database is named', () => {
  const schemaWith = (environment: Record<string, string>) =>
    readSettings({ TRIBUTARY_WAREHOUSE_URL: 'postgres://u@h/d', ...environment }).warehouse.schema
  expect(schemaWith({})).toBe('tributary')
  expect(schemaWith({ TRIBUTARY_WAREHOUSE_SCHEMA: 'public' })).toBe('public')
})

test.each([
  ['PORT', '80a', 'PORT "80a" is not possible; give a whole number from 0 to 65535'],
  ['PORT', '65536', 'whole number'],
  ['HOST', 'a b', 'host name'],
  ['TRIBUTARY_EPOCH', '1 hour', 'a duration of at most a day, such as 10s, 15m or 1h'],
  ['TRIBUTARY_EPOCH', '2d', 'at most a day'],
  ['TRIBUTARY_WAREHOUSE', 'yes', 'one of on, off'],
  ['TRIBUTARY_WAREHOUSE_URL', 'mysql://u:hunter2@h/d', 'postgres://'],
  ['TRIBUTARY_WAREHOUSE_SCHEMA', 'pg_mine', 'the name of a schema'],
  ['TRIBUTARY_KEYS', 'write:hunter2,hunter2', 'entry 2 has no colon'],
  ['TRIBUTARY_KEYS', 'all:hunter2', 'entry 1 does not start with a scope'],
  ['TRIBUTARY_KEYS', 'wirte:hunter2', 'entry 1 does not start with a scope; did you mean write?'],
  ['TRIBUTARY_KEYS', 'hunter2:write', 'entry 1 does not start with a scope'],
  ['TRIBUTARY_KEYS', 'browser:hunter2,read:hunter2', 'keys browser-1 and read-2 have one secret'],
  ['TRIBUTARY_KEYS', 'browser:hunter2', 'TRIBUTARY_ORIGINS no origin; give the origins of the pages'],
  [
    'TRIBUTARY_KEYS',
    '{"a":{"secret":"hunter2","scope":"raed"}}',
    'key a: "raed" is no scope; did you mean read?',
  ],
  ['TRIBUTARY_KEYS_FILE', '/nowhere/keys.json', 'the path of a file that this account may read'],
  ['TRIBUTARY_ORIGINS', 'https://a.example/', 'browsers send https://a.example'],
  ['TRIBUTARY_ORIGINS', 'https://a.example:443', 'browsers send https://a.example'],
  ['TRIBUTARY_ORIGINS', 'https://Bücher.example', 'browsers send https://xn--bcher-kva.example'],
  ['TRIBUTARY_ORIGINS', 'a.example', 'give origins such as https://shop.example'],
  ['TRIBUTARY_ORIGINS', 'https://a.example,', 'give origins such as'],
  ['TRIBUTARY_ORIGINS', 'https://*.a.example', 'part of an origin cannot be *'],
  ['TRIBUTARY_ORIGINS', '*,https://a.example', 'part of an origin cannot be *'],
  ['TRIBUTARY_KEYS', 'read:hunter2 x', 'characters a header cannot carry'],
  ['TRIBUTARY_LOG_LEVEL', 'loud', 'one of fatal'],
  ['TRIBUTARY_PARTITIONS', '0', '1 to 10000'],
  ['TRIBUTARY_LANES', '9', '1 to 8'],
  ['TRIBUTARY_DEDUPE_HORIZON', '367d', 'a duration of at most 366d, such as 24h or 7d'],
  ['TRIBUTARY_DEDUPE_HORIZON', '1 day', 'a duration'],
  ['TRIBUTARY_DEDUPE_HORIZON', '0', 'a duration'],
  ['TRIBUTARY_LONGEST_BODY', '4 MB', 'a whole number from 65536 to 10485760'],
  ['TRIBUTARY_LISTENERS', '9999', 'a whole number from 0 to 5000'],
  ['TRIBUTARY_TIME_AHEAD', 'never', 'a duration such as 15m, 1h or 7d, or any'],
  ['TRIBUTARY_EPOC', '1h', 'TRIBUTARY_EPOC is not a setting; did you mean TRIBUTARY_EPOCH?'],
  ['TRIBUTARY_QUUXFROBNICATE', '1', 'known are TRIBUTARY_DATA'],
])('%s=%s stops the start with one line that says what is right', (name, value, expected) => {
  const read = () => readSettings({ [name]: value })
  expect(read).toThrow(expect.objectContaining({ code: 'invalid_setting' }))
  expect(read).toThrow(expected)
  expect(read).toThrow(/^(?!.*hunter2)[^\n]*$/)
})

test('fewer partitions than lanes stop the start; without a number of lanes there are no more of them', () => {
  const read = (lanes?: string) =>
    readSettings({ TRIBUTARY_PARTITIONS: '1', ...(lanes !== undefined && { TRIBUTARY_LANES: lanes }) })
  expect(() => read('2')).toThrow('at least as many partitions as lanes')
  expect(read()).toMatchObject({ partitions: 1, lanes: 1 })
})

test('keys may stand in a file, and not in two places', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-keys-'))
  const file = join(folder, 'keys.json')
  await writeFile(file, '{"shop": {"secret": "hunter2", "scope": "write:com.example.*"}}')
  const { keys } = readSettings({ TRIBUTARY_KEYS_FILE: file })
  expect(keys).toEqual([{ secret: 'hunter2', access: { name: 'shop', write: ['com.example.*'] } }])
  const both = () => readSettings({ TRIBUTARY_KEYS_FILE: file, TRIBUTARY_KEYS: 'write:w' })
  expect(both).toThrow('TRIBUTARY_KEYS and TRIBUTARY_KEYS_FILE are both set')
  await writeFile(file, 'write hunter2')
  expect(() => readSettings({ TRIBUTARY_KEYS_FILE: file })).toThrow(/^(?!.*hunter2)[^\n]*JSON object/)
  await rm(folder, { recursive: true })
})

test('the development key is made once, for its owner only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-key-'))
  expect(await readDevelopmentKey(folder)).toBeUndefined()
  const key = await developmentKey(join(folder, 'data'))
  expect(await developmentKey(join(folder, 'data'))).toBe(key)
  expect(await readFile(join(folder, 'data', 'development-key'), 'utf8')).toBe(key)
  await writeFile(join(folder, 'data', 'development-key'), key.replace('dev-', 'dew-'))
  await expect(readDevelopmentKey(join(folder, 'data'))).rejects.toThrow('development-key is damaged')
  expect((await stat(join(folder, 'data', 'development-key'))).mode & 0o777).toBe(0o600)
  await rm(folder, { recursive: true })
})

test('origins are read as browsers send them: of the web, of apps, of pages without one, or all', () => {
  const read = (text: string) => readSettings({ TRIBUTARY_ORIGINS: text }).origins
  const listed = ['https://shop.example', 'http://localhost:3000', 'http://[::1]:8080']
  expect(read(listed.join(', '))).toEqual(listed)
  expect(read('capacitor://localhost,chrome-extension://abcdef,null')).toHaveLength(3)
  expect(read('*')).toBe('*')
})

test('a horizon of more epochs than can be searched stops the start, and one of a plain number is of epochs', () => {
  const settings = { TRIBUTARY_EPOCH: '1s', TRIBUTARY_DEDUPE_HORIZON: '2d' }
  expect(() => readSettings(settings)).toThrow(
    /^TRIBUTARY_DEDUPE_HORIZON is 172800 epochs of 1 s, and at most 100000/,
  )
  expect(readSettings({ TRIBUTARY_EPOCH: '1s' }).dedupeHorizon).toEqual({ ms: 86_400_000 })
  expect(readSettings({ TRIBUTARY_DEDUPE_HORIZON: '10000' }).dedupeHorizon).toEqual({ epochs: 10_000 })
})
