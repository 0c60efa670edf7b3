import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { count, distinct, sum } from '../../core/declare/measures.ts'

/** How many of each are declared. */
export type Scale = { readonly types: number; readonly metrics: number; readonly schedules: number }

const DATA = {
  type: 'object',
  required: ['id', 'customer_id', 'amount', 'status'],
  properties: {
    id: { type: 'string', description: 'Number of the document' },
    customer_id: { type: 'integer', description: 'Who bought' },
    amount: { type: 'number', multipleOf: 0.01, minimum: 0, description: 'In the currency of the country' },
    status: { type: 'string', enum: ['open', 'paid', 'sent', 'returned'] },
    country: { type: 'string', pattern: '^[A-Z]{2}$', description: 'ISO 3166-1' },
    is_gift: { type: 'boolean' },
    ordered_at: { type: 'string', format: 'date-time' },
    note: { type: ['string', 'null'] },
  },
}

/** A contract as a user would write one: eight fields, described. */
export function contractOf(n: number) {
  const area = ['checkout', 'fulfilment', 'payments', 'identity', 'support'][n % 5]!
  return {
    ...{ type: `com.example.${area}.event-${n}`, version: 1, title: `Events of ${area}, number ${n}` },
    ...{ partitionBy: ['customer_id'], data: DATA },
  } as const
}

/** A metric over one of the contracts. */
export function metricOf(n: number, types: number) {
  return {
    ...{ name: `metric_${n}_hourly`, title: `What metric ${n} tells`, type: contractOf(n % types).type },
    ...({ window: 'hour', by: ['status', 'country'] } as const),
    measures: { events: count(), amount: sum('amount'), customers: distinct('customer_id') },
  }
}

/** A schedule of its own minute. */
export function scheduleOf(n: number) {
  const cron = `${n % 60} ${Math.floor(n / 60) % 24} * * *`
  return { name: `nightly-${n}`, machine: 'delivery', when: { cron } }
}

/** Puts so many declarations in place of those of a folder `pipeline/`. */
export async function declareMany(folder: string, { types, metrics, schedules }: Scale): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  const write = async (kind: string, total: number, ending: string, text: (n: number) => string) => {
    await mkdir(join(folder, kind), { recursive: true })
    for (let n = 0; n < total; n += 1) await writeFile(join(folder, kind, `n${n}${ending}`), text(n))
  }
  const module = (value: object) => `export default ${JSON.stringify(value)}\n`
  await write('contracts', types, '.json', n => JSON.stringify(contractOf(n)))
  await write('metrics', metrics, '.ts', n => module(metricOf(n, types)))
  await write('schedules', schedules, '.ts', n => module(scheduleOf(n)))
}
