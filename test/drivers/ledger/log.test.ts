import { advance, committedEnd, release } from '../../../drivers/stream/log/shared.ts'
import { describeLedger } from '../../contracts/ledger.ts'
import { LogKit } from '../stream/log/kit.ts'

const GRACE = 500

describeLedger('the log', async ({ epochLength }) => {
  const kit = new LogKit()
  const dir = await kit.dir()
  const options = { epochLength, closeGraceMs: GRACE }
  let log = await kit.open(dir, options)
  const reach = async (consumer: 'raw' | 'speed') => {
    advance(log.shared, consumer, committedEnd(log.shared))
    release(log.shared, consumer, committedEnd(log.shared))
  }
  return {
    ledger: () => log.ledger,
    put: async records => void (await log.stream.put(records)),
    deliver: () => reach('raw'),
    apply: () => reach('speed'),
    at: ms => {
      kit.time = ms
    },
    closesAt: epoch => epoch + epochLength + GRACE,
    rawDueAt: epoch => epoch + epochLength + GRACE,
    async restart() {
      await kit.close(log)
      log = await kit.open(dir, options)
    },
    dispose: () => kit.clear(),
  }
})
