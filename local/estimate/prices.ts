import { TributaryError } from '../../core/errors.ts'
import { PRICE_TABLE, REGIONS, type Region } from './price-table.ts'

export type PriceName = keyof typeof PRICE_TABLE

/** US dollars for one of each: a byte, a call, a unit. */
export type Prices = Readonly<Record<PriceName, number>>

/** Where a price is taken from that is not known for a region. */
export const REFERENCE = 'us-east-1' satisfies Region

/** By what the services round what they bill. */
export const ROUNDING = {
  apiRequestBytes: 512 * 1024,
  kinesisRecordBytes: 1024,
  firehoseRecordBytes: 5 * 1024,
  dynamodbWriteBytes: 1024,
  dynamodbReadBytes: 4096,
} as const

/** A shard of an on-demand stream takes a MB or a thousand records a second; a new stream has four shards. */
export const SHARD = { bytesPerSecond: 1024 * 1024, recordsPerSecond: 1000, atStart: 4 } as const

/**
 * The prices of a region. `borrowed`: those that are not known for it, and are those of `REFERENCE`.
 *
 * @throws TributaryError `invalid_setting` for a region without a table
 */
export function pricesOf(region: string): {
  readonly prices: Prices
  readonly borrowed: readonly PriceName[]
} {
  const at = (REGIONS as readonly string[]).indexOf(region)
  if (at < 0)
    throw new TributaryError(
      'invalid_setting',
      `no prices are known for --region ${region}; known are ${REGIONS.join(', ')}`,
    )
  const names = Object.keys(PRICE_TABLE) as PriceName[]
  const reference = REGIONS.indexOf(REFERENCE)
  const priceOf = (name: PriceName) => {
    const { per, dollars } = PRICE_TABLE[name]
    return (dollars[at] ?? dollars[reference]!) / per
  }
  return {
    prices: Object.fromEntries(names.map(name => [name, priceOf(name)])) as Prices,
    borrowed: names.filter(name => PRICE_TABLE[name].dollars[at] === undefined),
  }
}
