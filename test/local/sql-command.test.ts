import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, test } from 'vitest'
import { runCommand } from '../../local/cli/program.ts'

const PIPELINE = join(import.meta.dirname, '../../pipeline')

/** Runs a command line of `tributary sql` where no platform is. */
async function sql(...args: readonly string[]) {
  const texts = { output: '', errors: '' }
  const sink = (to: keyof typeof texts) =>
    new Writable({
      write(chunk, _encoding, done) {
        texts[to] += String(chunk)
        done()
      },
    })
  const code = await runCommand(['sql', ...args], {
    variables: { TRIBUTARY_PIPELINE: PIPELINE, TRIBUTARY_DATA: '/data' },
    input: Readable.from(['']),
    output: sink('output'),
    errors: sink('errors'),
    signal: new AbortController().signal,
  })
  return { code, ...texts }
}

const ENGINES = ['duckdb', 'postgres', 'trino', 'spark', 'redshift']

describe('tributary sql', () => {
  test.each(ENGINES)(
    'tells of a statement for %s where it was declared, what it reads, and what it gives',
    async engine => {
      const { code, output } = await sql('trips_hourly', '--engine', engine, '--from', 'rides')
      expect(code).toBe(0)
      const header = output.split('\n').filter(line => line.startsWith('-- '))
      expect(header[0]).toMatch(
        /^-- metric trips_hourly \(trips_hourly\.\w{8}\), declared in pipeline\/metrics\/trips-hourly\.ts$/,
      )
      expect(header[1]).toBe(
        '-- of events com.tributary.trip, version 1, declared in pipeline/contracts/trip.ts',
      )
      expect(header[2]).toBe('-- reads rides: event_time, hoverboard_id, trip_duration, customer_id')
      expect(output).toContain('FROM rides AS c')
      expect(output.endsWith(';\n')).toBe(true)
    },
  )

  test('the statement runs as it is printed, and gives the columns that it says', async () => {
    const { output } = await sql('trips_hourly', '--from', 'rides')
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(`CREATE TABLE rides AS SELECT TIMESTAMPTZ '2026-01-31 12:05:00Z' AS event_time,
      7::BIGINT AS hoverboard_id, 2.5::DECIMAL(18, 6) AS trip_duration, 1::BIGINT AS customer_id`)
    const answer = await connection.runAndReadAll(output)
    connection.closeSync()
    instance.closeSync()
    expect(answer.getRowObjectsJson()).toEqual([
      {
        ...{ window: String(Date.parse('2026-01-31T12:00:00Z')), group: '{"hoverboard_id":7}', count: '1' },
        ...{ sum_trip_duration: '2500000', max_trip_duration: '2500000', min_trip_duration: '2500000' },
        ...{ count_trip_duration: '1', bins_trip_duration: '3850:1', registers_customer_id: 'C4CA4238A0B92' },
      },
    ])
  })

  test('without --from it reads what the engine usually has', async () => {
    const usual = await Promise.all(ENGINES.map(engine => sql('trips_hourly', '--engine', engine)))
    const [duckdb, postgres, trino, spark, redshift] = usual.map(
      ({ output }) => /^FROM (.*) AS c/m.exec(output)?.[1],
    )
    expect(duckdb).toContain("'/data/lake/curated/type=com.tributary.trip/*/*.parquet'")
    expect(spark).toBe('parquet.`/data/lake/curated/type=com.tributary.trip`')
    expect([postgres, redshift, trino]).toEqual(['trip', 'trip', 'curated_com_tributary_trip'])
  })

  test('a metric or an engine that is not known is refused with the one that was meant', async () => {
    expect(await sql('trip_hourly')).toMatchObject({
      ...{ code: 2, output: '' },
      errors: 'tributary: metric "trip_hourly" is not known; did you mean trips_hourly?\n',
    })
    expect((await sql('trips_hourly', '--engine', 'sparc')).errors).toContain('did you mean spark?')
    expect((await sql('trips_hourly', '--engine', 'oracle')).errors).toContain('give one of duckdb, postgres')
    expect((await sql('trips_hourly', '--pipeline', '/nowhere')).code).toBe(1)
  })
})
