import { generateKeyPairSync } from 'node:crypto'
import { byKey, bySecret, PEM } from '../../core/access/tokens.ts'
import type { createRandom } from '../../exactness/faulty-ports.ts'
import { doorCalls, forgedHooks } from './doors.ts'
import { type Narrow, OTHERS, OWN } from './narrow-world.ts'

/** One call that tries to see more than its caller may. */
export type Attempt = {
  readonly kind: string
  readonly path: string
  readonly method?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Nobody may be let in with it. */
  readonly isForged?: boolean
}

export type Pick = <T>(list: readonly T[]) => T
type Random = ReturnType<typeof createRandom>

/** Which kinds there are, and each attempt of one drawn at random. */
export function createAttempts(world: Narrow, random: Random, narrowKey: () => string) {
  const pick: Pick = list => list[Math.floor(random() * list.length)]!
  const some = <T>(list: readonly T[]) => list.filter(() => random() < 0.4)
  const other = () => pick(OTHERS)
  const bearer = (key = narrowKey()) => ({ authorization: `Bearer ${key}` })
  const json = (key?: string) => ({ ...bearer(key), 'content-type': 'application/json' })

  /** Mostly what means something: what is refused as nonsense tries nothing of the limits. */
  const where = () => pick([OWN, OWN, OWN, other()])
  const nonsense = () =>
    pick([
      ...[
        `where.HOVERBOARD_ID=${other()}`,
        `where.hoverboard_id%00=${other()}`,
        'where.__proto__=1',
        'where.=1',
      ],
      ...['where.hoverboard_id=', 'where.hoverboard_id=1%20OR%201%3D1', `where.hoverboard_id=0${other()}`],
      ...[
        `where.customer_id=${1000 + other()}`,
        'by=customer_id',
        'by=*',
        'window=all',
        'layer=raw',
        'asOf=run-1',
      ],
      ...['access={"isAdmin":true}', 'key=bench-key', 'scope=admin', 'where={}', 'order=-hoverboard_id'],
    ])
  const parameters = () => {
    const isNonsense = random() < 0.15
    const given = [
      ...(random() < 0.5 ? [`where.hoverboard_id=${where()}`] : []),
      ...(random() < 0.2 ? [`where.hoverboard_id=${where()}`] : []),
      ...some([
        pick(['by=', 'by=hoverboard_id']),
        pick(['window=hour', 'window=day', 'window=month', 'window=year']),
        pick(['layer=batch', 'layer=speed', 'layer=merged']),
        pick(['order=-minutes', 'order=minutes', 'order=-trips']),
        pick(['limit=1', 'limit=1000', 'limit=3']),
        pick(['from=2026-01-01', 'to=2027-01-01', 'from=2026-03-01T00:00:00Z']),
      ]),
      ...(isNonsense ? [nonsense()] : []),
    ]
    return given.join('&')
  }
  /** A number has one group and one window. */
  const cell = () =>
    [
      `window=day&at=2026-03-01&${pick(['by=', 'by=hoverboard_id'])}`,
      ...(random() < 0.7 ? [`where.hoverboard_id=${where()}`] : []),
      ...(random() < 0.1 ? [nonsense()] : []),
    ].join('&')
  const metric = () =>
    random() < 0.85 ? 'trips_hourly' : pick(['flights_daily', 'routes_hourly', 'customers_daily'])

  const sources = () =>
    pick([
      'curated.trip',
      'metric.trips_hourly',
      'raw.trip',
      'curated.flight',
      'raw.flight',
      'metric.flights_daily',
      'CURATED."TRIP"',
      `read_parquet('${world.platform.data}/lake/curated/**/*.parquet')`,
      `'${world.platform.data}/lake/curated/type=com.tributary.trip/**/*.parquet'`,
      `read_json('${world.platform.data}/lake/raw/**/*')`,
      `read_text('${world.platform.data}/keys.json')`,
      'duckdb_views()',
      'duckdb_tables()',
      'information_schema.tables',
      '(FROM curated.trip UNION ALL FROM curated.trip)',
      '(FROM curated.trip WHERE hoverboard_id <> 2 OR true)',
      "query('FROM raw.trip')",
      "query_table('raw.trip')",
    ])
  const sql = () =>
    pick([
      'FROM curated.trip',
      'FROM curated.trip WHERE true OR hoverboard_id > 0',
      'SELECT count(*) FROM curated.trip WHERE hoverboard_id <> 2 OR true',
      'SELECT sum(trip_duration), max(trip_duration), count(*) FROM curated.trip GROUP BY ALL',
      'SELECT * FROM metric.trips_hourly ORDER BY minutes DESC',
      'SELECT sum(trips), sum(minutes), max(longest) FROM metric.trips_hourly WHERE hoverboard_id IN (1, 2, 3, 4)',
      'SELECT a.*, b.event_source FROM curated.trip a, curated.trip b',
      'FROM curated.trip WHERE event_id IN (SELECT event_id FROM curated.trip WHERE hoverboard_id = 3)',
      `FROM ${sources()}`,
      `SELECT count(*) FROM ${sources()}`,
      `SELECT count(*) FROM ${sources()} WHERE true OR hoverboard_id = ${other()}`,
      `SELECT max(trip_duration), sum(trip_duration) FROM ${sources()}`,
      `SELECT * FROM curated.trip a LEFT JOIN ${sources()} b ON true LIMIT 50`,
      `WITH trip AS (FROM ${sources()}) FROM trip`,
      `SELECT (SELECT string_agg(event_source, ',') FROM ${sources()})`,
      `FROM curated.trip WHERE event_id IN (SELECT event_id FROM ${sources()})`,
      `PIVOT curated.trip ON hoverboard_id USING sum(trip_duration)`,
      `SUMMARIZE ${sources()}`,
      `CREATE VIEW x AS FROM ${sources()}`,
      `COPY curated.trip TO '/tmp/x.csv'`,
      'SET enable_external_access = true',
      'PRAGMA database_list',
    ])

  const pair = generateKeyPairSync('ed25519').privateKey
  const cut = (text: string, at: number, by: string) => text.split('.').with(at, by).join('.')
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const flip = (text: string) => {
    const at = Math.floor(random() * text.length)
    return text.slice(0, at) + pick([...'AZaz09-_.'].filter(one => one !== text[at])) + text.slice(at + 1)
  }
  const wide = () => ({ 'tributary/where': { hoverboard_id: other() } })
  const { mint } = world
  const now = () => Math.floor(Date.now() / 1000)
  const forged = (): string =>
    pick<() => string>([
      () => mint({}, { alg: 'none' }),
      () => cut(mint(wide(), { alg: 'none' }), 2, ''),
      () =>
        mint(wide(), { alg: pick(['HS384', 'HS512']) }, bySecret(world.secret, pick(['sha384', 'sha512']))),
      () => mint(wide(), { kid: 'pair' }, bySecret(PEM)),
      () => mint(wide(), { kid: 'pair', alg: 'EdDSA' }, bySecret(PEM)),
      () => mint(wide(), { kid: 'pair', alg: 'EdDSA' }, byKey(pair)),
      () => mint(wide(), {}, byKey()),
      () => mint(wide(), { kid: pick(['narrow', 'admin', '', '__proto__', 'constructor', '../portal']) }),
      () => mint(wide(), { kid: 'narrow' }, bySecret(narrowKey())),
      () => mint(wide(), {}, bySecret(pick(['', 'secret', 'portal', 'bench-key']))),
      () => mint(wide(), { jwk: { kty: 'oct', k: 'AAAA' } }, bySecret('AAAA')),
      () => cut(mint(), 1, part({ ...wide(), exp: now() + 100, aud: 'tributary', scope: 'admin' })),
      () => cut(mint(), 0, part({ alg: 'HS256', kid: 'pair' })),
      () => flip(mint()),
      () => mint(wide()),
      () => mint({ 'tributary/where': { hoverboard_id: [OWN, other()] } }),
      () => mint({ 'tributary/where': {} }),
      () => mint({ 'tributary/where': undefined }),
      () => mint({ 'tributary/where': { customer_id: 1001 } }),
      () => mint({ scope: 'admin' }),
      () => mint({ scope: 'read admin', 'tributary/where': undefined }),
      () => mint({ scope: 'read:com.tributary.flight' }),
      () => mint({ scope: 'read:com.*' }),
      () => mint({ scope: 'write read' }),
      () => mint({ 'tributary/isAdmin': true }),
      () => mint({ exp: now() - Math.floor(random() * 100) }),
      () => mint({ exp: now() + 631 + Math.floor(random() * 1e6) }),
      () => mint({ exp: pick<unknown>([undefined, null, '9', Number.MAX_VALUE, -1, [now() + 60]]) }),
      () => mint({ nbf: now() + 31 + Math.floor(random() * 1000) }),
      () => mint({ iat: now() + 31 + Math.floor(random() * 1000) }),
      () => mint({ aud: pick<unknown>([undefined, 'other', ['other'], 'Tributary', {}]) }),
    ])()

  const question = () => `/v1/metrics/trips_hourly?${pick(['', 'by=', 'by=&window=day', 'window=month'])}`
  const cursor = () => `${pick([1, Date.now()])}`.padStart(13, '0')
  const id = () => encodeURIComponent(pick(world.trips.filter(({ board }) => board !== OWN)).id)

  const kinds: Readonly<Record<string, () => Omit<Attempt, 'kind'>>> = {
    query: () => ({ path: `/v1/metrics/${metric()}?${parameters()}`, headers: bearer() }),
    csv: () => ({
      path: `/v1/metrics/${metric()}?${parameters()}`,
      headers: { ...bearer(), accept: 'text/csv' },
    }),
    parquet: () => ({
      path: `/v1/metrics/${metric()}?${parameters()}`,
      headers: { ...bearer(), accept: 'application/vnd.apache.parquet' },
    }),
    door: () => ({ ...pick(doorCalls(pick([narrowKey, forged])())), isForged: true }),
    hook: () => ({ ...pick(forgedHooks(narrowKey())), isForged: true }),
    several: () => ({
      path: `/v1/query?metrics=${pick(['trips_hourly', 'trips_hourly', 'trips_hourly,flights_daily', metric()])}&${parameters()}`,
      headers: bearer(),
    }),
    stream: () => ({
      path: `/v1/metrics/${metric()}/stream?${parameters()}`,
      headers: { ...bearer(), ...pick([{}, { 'last-event-id': `${pick(['a', 'x'])}-1` }]) },
    }),
    explain: () => {
      const more = [
        ...['', '', '&thorough=true', `&after=${cursor()}-${pick(['a', 'zz-1', '0'])}`],
        `&group=${encodeURIComponent(JSON.stringify({ hoverboard_id: other() }))}`,
      ]
      return { path: `/v1/metrics/${metric()}/explain?${cell()}${pick(more)}`, headers: bearer() }
    },
    sql: () => ({
      ...{ path: '/v1/lake/query', method: 'POST', body: JSON.stringify({ sql: sql() }) },
      headers: { ...json(), ...pick([{}, {}, { accept: 'text/csv' }]) },
    }),
    event: () => ({
      path: `/v1/events/${id()}${pick(['', '?type=com.tributary.trip', '?source=/hidden', '?type=com.tributary.flight'])}`,
      headers: bearer(),
    }),
    forgery: () => ({ path: question(), headers: bearer(forged()), isForged: true }),
    headers: () => ({
      path: pick(['/v1/keys', '/v1/rejected', question(), '/v1/runs', '/metrics']),
      headers: {
        ...bearer(),
        ...pick<Record<string, string>>([
          { 'x-forwarded-user': 'admin', 'x-original-url': '/v1/keys' },
          { 'x-http-method-override': 'GET', 'x-api-key': 'bench' },
          { authorization: `Bearer ${narrowKey()}, Bearer x` },
          { authorization: `bearer ${narrowKey()}`, cookie: 'key=admin' },
          { 'x-amzn-access': '{"isAdmin":true}', context: '{"access":"{}"}' },
          { origin: 'http://127.0.0.1', 'access-control-request-method': 'GET' },
        ]),
      },
    }),
    others: () => ({
      path: pick([
        ...[
          '/v1/keys',
          '/v1/runs',
          '/v1/runs?limit=1000',
          '/v1/rejected',
          '/metrics',
          '/v1/alerts',
          '/v1/dashboards',
        ],
        ...[
          '/v1/metrics',
          '/v1/contracts',
          '/v1/lake/tables',
          '/v1/health',
          '/v1/contracts/com.tributary.flight/1',
        ],
        ...['//v1/keys', '/v1/metrics/../keys', '/v1/metrics/trips_hourly%2f..%2fkeys', '/v1/keys?key=bench'],
        '/v1/alerts/fleet_hot/history',
      ]),
      headers: bearer(),
    }),
    change: () => ({
      ...pick([
        { path: '/v1/keys', method: 'POST', body: '{"name":"more","scope":"admin"}' },
        { path: '/v1/keys/portal', method: 'DELETE' },
        { path: '/v1/runs', method: 'POST', body: '{"machine":"batch"}' },
        { path: '/v1/rejected/replay', method: 'POST' },
        { path: '/v1/events', method: 'POST', body: '[]' },
      ]),
      headers: json(),
      isForged: true,
    }),
  }
  return (kind: string): Attempt => ({ kind, ...kinds[kind]!() })
}

/** Kinds of attempts, and how often each comes: statements of SQL take a process each. */
export const KINDS: readonly string[] = [
  ...Array(6).fill('query'),
  ...Array(2).fill('csv'),
  'parquet',
  ...Array(3).fill('door'),
  'hook',
  ...Array(3).fill('several'),
  ...Array(2).fill('stream'),
  ...Array(2).fill('explain'),
  ...Array(2).fill('event'),
  ...Array(10).fill('forgery'),
  ...Array(2).fill('headers'),
  ...Array(3).fill('others'),
  'sql',
  'change',
]
