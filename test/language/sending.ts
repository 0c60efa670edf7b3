import fc from 'fast-check'
import type { Sent } from './answers.ts'
import type { WrittenContract } from './contracts.ts'
import type { WholePlatform } from './whole-platform.ts'
import type { Node } from './written.ts'

const START = Date.UTC(2020, 0, 1)

/** Values of the i-th contract that are right, and a third as many that may not be. */
export function eventsOf(
  contract: WrittenContract,
  i: number,
  values: number,
  seed: number,
): readonly Sent[] {
  const right = fc.sample(contract.values, { seed: seed + i, numRuns: values }) as Node[]
  const others = fc.sample(fc.tuple(fc.nat(), OTHER), { seed: seed - i, numRuns: Math.ceil(values / 3) })
  const changed = others.map(([n, value], k) => changedIn(right[k % right.length]!, n, value))
  return [...right, ...changed].map((data, n) => ({
    ...{ id: `${i}-${n}`, type: contract.declaration.type },
    // As it arrives: without fields that are undefined.
    data: JSON.parse(JSON.stringify(data)) as unknown,
    time: new Date(START + i * 7_777_777 + n * 1_234_567).toISOString(),
  }))
}

const OTHER = fc.constantFrom<unknown>(
  ...[
    undefined,
    null,
    '',
    'x',
    '7',
    0,
    1,
    -1.5,
    0.125,
    true,
    [],
    ['a'],
    {},
    { a: 1 },
    '2026-01-01T00:00:00Z',
  ],
)

/** One field, at any depth, is something else, or gone. */
function changedIn(data: Node, n: number, value: unknown): Node {
  const names = Object.keys(data)
  const name = names[n % names.length]
  if (name === undefined) return data
  const inner = data[name]
  const isBranch = typeof inner === 'object' && inner !== null && !Array.isArray(inner)
  return { ...data, [name]: isBranch && n % 3 > 0 ? changedIn(inner as Node, n >> 2, value) : value }
}

/** Sends all; the code of the rejection of those that were rejected, by id. */
export async function sendAll(
  platform: WholePlatform,
  events: readonly Sent[],
): Promise<ReadonlyMap<string, string>> {
  const verdicts = new Map<string, string>()
  for (let at = 0; at < events.length; at += 500) {
    const some = events.slice(at, at + 500)
    const body = some.map(event => ({ specversion: '1.0', source: '/language', ...event }))
    let { status, answer } = await platform.send(JSON.stringify(body))
    // A machine that is busy may ask to send again; what was taken before is a duplicate then.
    for (let tries = 0; status === 503 && tries < 5; tries++)
      ({ status, answer } = await platform.send(JSON.stringify(body)))
    const { rejected } = answer as { rejected?: readonly { index: number; code: string }[] }
    if (rejected === undefined) throw new Error(`${status} ${JSON.stringify(answer)}`)
    for (const { index, code } of rejected) verdicts.set(some[index]!.id, code)
  }
  return verdicts
}
