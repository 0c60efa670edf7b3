import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { HealthReport } from '../../../functions/health.ts'
import { watchHealth } from '../../../local/telling/health-watch.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

type Part = HealthReport['parts'][string]

function watched() {
  const lines: { level: string; text: string; fields: Readonly<Record<string, unknown>> }[] = []
  const at = (level: string) => (fields: unknown, text?: string) =>
    void lines.push({ level, text: text!, fields: fields as never })
  let parts: Readonly<Record<string, Part>> = { raw: { status: 'ok' } }
  const watch = watchHealth(async () => ({ status: 'ok', parts }), { warn: at('warn'), info: at('info') })
  /** The parts are so, for some time. */
  const be = async (now: Readonly<Record<string, Part>>, ms: number) => {
    parts = now
    await vi.advanceTimersByTimeAsync(ms)
  }
  return { lines, be, stop: watch.stop }
}

const bad = (remedy = 'make room'): Part => ({ status: 'degraded', remedy, lastError: 'ENOSPC' })

test('a part that becomes degraded is told once with what to do, and when it is well again', async () => {
  const { lines, be, stop } = watched()
  await be({ raw: { status: 'starting' } }, 60_000)
  await be({ raw: { status: 'ok' } }, 60_000)
  expect(lines).toEqual([])
  await be({ raw: bad() }, 300_000)
  expect(lines).toMatchObject([
    { level: 'warn', text: 'raw is degraded: make room', fields: { part: 'raw', lastError: 'ENOSPC' } },
  ])
  await be({ raw: { status: 'ok' } }, 60_000)
  expect(lines.slice(1)).toMatchObject([
    { level: 'info', text: 'raw is well again', fields: { afterMs: 300_000 } },
  ])
  stop()
})

test('a part that stays degraded is told again every fifteen minutes, and at once for another reason', async () => {
  const { lines, be, stop } = watched()
  await be({ raw: bad() }, 3_600_000)
  expect(lines).toHaveLength(4)
  await be({ raw: bad('start again') }, 60_000)
  expect(lines.slice(4).map(({ text }) => text)).toEqual(['raw is degraded: start again'])
  stop()
})

test('a part that comes and goes is not a line each time', async () => {
  const { lines, be, stop } = watched()
  for (let n = 0; n < 20; n++) {
    await be({ raw: bad() }, 10_000)
    await be({ raw: { status: 'ok' } }, 10_000)
  }
  expect(lines).toHaveLength(1)
  stop()
})

test('what is held is logged without the keys on which the layers differ, as these are values of events', async () => {
  const { lines, be, stop } = watched()
  const held = [{ name: 'by_buyer', detail: '1 of 2 differ', keys: ['{"email":"ada@example.org"}'] }]
  await be({ batch: { status: 'degraded', remedy: 'look', held } }, 60_000)
  expect(JSON.stringify(lines)).toContain('1 of 2 differ')
  expect(JSON.stringify(lines)).not.toContain('ada@')
  stop()
})
