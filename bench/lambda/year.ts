import { pricesOf } from '../../local/estimate/prices.ts'
import { type Asked, requestsOfS3 } from '../../test/steps/batch/year/meter.ts'
import { openYear, type Runs, YEAR } from '../../test/steps/batch/year/year-world.ts'
import type { Figure } from '../figure.ts'

/** Requests that S3 bills as gets; those that delete are free (Amazon S3 pricing). */
const GETS = ['GetObject', 'HeadObject']
const FREE = ['DeleteObjects']
/** Runs may ask for a tenth more after a year than on the first day. */
const MOST_GROWTH = 1.1
/** Epochs of a measured backfill, and of all weekly backfills of a year. */
const MEASURED_EPOCHS = 2
const BACKFILLED_EPOCHS = 52 * 7 * 24

/**
 * What hourly batches and a weekly backfill ask of S3 and DynamoDB on the first day and after a year, and the
 * money of these requests by the price table of the estimate.
 */
export async function yearFigures(region: string): Promise<readonly Figure[]> {
  const year = await openYear()
  try {
    for (const n of [0, 1, 2, 3]) await year.batchOf(n)
    const early = await year.measured(4)
    year.addYear()
    return figuresOf(early, await year.measured(5), region)
  } finally {
    await year.close()
  }
}

function figuresOf(early: Runs, late: Runs, region: string): readonly Figure[] {
  const of = (run: keyof Runs): readonly Figure[] => [
    flat(`${run}: requests of S3`, requestsOfS3(early[run]), requestsOfS3(late[run])),
    flat(`${run}: requests of DynamoDB`, early[run].dynamodb, late[run].dynamodb),
    flat(`${run}: read units`, early[run].reads, late[run].reads),
    flat(`${run}: write units`, early[run].writes, late[run].writes),
  ]
  const batches = YEAR * dollarsOf(late.batch, region)
  const backfills = (BACKFILLED_EPOCHS / MEASURED_EPOCHS) * dollarsOf(late.backfill, region)
  return [
    ...of('batch'),
    ...of('backfill'),
    { name: `${YEAR} batches`, value: batches, unit: 'US$ a year', note: `S3 and DynamoDB, ${region}` },
    {
      name: '52 backfills of a week',
      value: backfills,
      unit: 'US$ a year',
      note: `S3 and DynamoDB, ${region}`,
    },
  ]
}

function flat(name: string, early: number, late: number): Figure {
  return {
    ...{ name: `a year: ${name}`, value: late, unit: 'a run' },
    floor: { what: 'on the first day', value: early },
    target: { text: 'at most a tenth more', reached: late <= early * MOST_GROWTH },
  }
}

function dollarsOf({ s3, reads, writes }: Asked, region: string): number {
  const { prices } = pricesOf(region)
  const ofS3 = Object.entries(s3).reduce((sum, [command, n]) => {
    if (FREE.includes(command)) return sum
    return sum + n * (GETS.includes(command) ? prices.s3Get : prices.s3Put)
  }, 0)
  return ofS3 + reads * prices.dynamodbReadUnit + writes * prices.dynamodbWriteUnit
}
