import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { readKeys } from '../../core/access/read-keys.ts'
import { createDynamodbKeys } from '../../drivers/keys/managed/dynamodb.ts'
import { createRememberedRing } from '../../drivers/keys/managed/remembered-ring.ts'
import { createHandler } from '../../functions/middleware/key-authorizer.ts'
import { madeKey } from '../contracts/managed-keys.ts'
import { describeOnDynamodb } from '../engines/dynamodb.ts'

/** How long API Gateway remembers an answer, as the template says it, ms. */
const TEMPLATE = readFileSync(join(import.meta.dirname, '..', '..', 'resources', 'api.yml'), 'utf8')
const TTLS = [...TEMPLATE.matchAll(/AuthorizerResultTtlInSeconds: (\d+)/g)].map(
  ([, seconds]) => Number(seconds) * 1000,
)
/** What a container, a read and its way may take besides. */
const READ_MS = 500

describeOnDynamodb('a key that is revoked on AWS', dynamodb => {
  let now: number
  let made: ReturnType<typeof createDynamodbKeys>
  beforeEach(async () => {
    now = 1_000_000
    made = createDynamodbKeys({ client: dynamodb.client, table: await dynamodb.createTable('control') })
  })

  /** API Gateway before the authorizer: it asks when it has forgotten, and remembers what it is told. */
  function gateway(ttl: number) {
    const set = readKeys('admin:a')
    const keys = createRememberedRing({
      ...{ set: async () => set, made, now: () => now },
      report: failure => {
        throw failure
      },
    })
    const authorizer = createHandler({ keys, now: () => now })
    let known = { isAuthorized: false, until: 0 }
    return async (secret: string) => {
      if (now >= known.until) {
        const { isAuthorized } = await authorizer({ headers: { authorization: `Bearer ${secret}` } })
        known = { isAuthorized, until: now + ttl }
      }
      return known.isAuthorized
    }
  }

  test.each([0, 100, 700, 1300, 1900, 1999])(
    'is refused in less than 5 s, whenever it was asked for last: %d ms before',
    async before => {
      expect(Math.max(...TTLS)).toBe(2000)
      await made.add(madeKey('shop'))
      const ask = gateway(Math.max(...TTLS))
      expect(await ask('shop')).toBe(true)
      now += 2000 + before
      expect(await ask('shop')).toBe(true)
      await made.remove('shop')
      const revoked = now
      while (await ask('shop')) now += 50
      expect(now - revoked + READ_MS).toBeLessThan(5000)
    },
  )

  test('was let in within as long, once it was made', async () => {
    const ask = gateway(Math.max(...TTLS))
    expect(await ask('shop')).toBe(false)
    await made.add(madeKey('shop'))
    const at = now
    while (!(await ask('shop'))) now += 50
    expect(now - at + READ_MS).toBeLessThan(5000)
  })
})
