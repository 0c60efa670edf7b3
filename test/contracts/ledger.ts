import { afterEach, describe, expect, test } from 'vitest'
import type { Ledger } from '../../core/ports/ledger.ts'
import type { StreamRecord } from '../../core/ports/stream/stream.ts'

/** An engine under test with what surrounds it: ingest, the raw delivery, the speed layer, and a clock. */
export type LedgerUnderTest = {
  ledger(): Ledger
  /** Ingest stores records and answers their senders. */
  put(records: readonly StreamRecord[]): Promise<void>
  /** The raw lake takes in all that was put. */
  deliver(): Promise<void>
  /** The speed layer takes in all that was put. */
  apply(): Promise<void>
  /** Sets the clock, ms since 1970. */
  at(ms: number): void
  /** When an epoch is closed, and when all its raw data can be there; ms since 1970. */
  closesAt(epoch: number): number
  rawDueAt(epoch: number): number
  /** Ingest and the reader end and begin anew. */
  restart(): Promise<void>
  dispose(): Promise<void>
}

/** Makes an empty engine with the clock in `LEDGER_EPOCH`. `epochLength` in ms. */
export type LedgerFactory = (settings: { readonly epochLength: number }) => Promise<LedgerUnderTest>

export const LEDGER_EPOCH = Date.UTC(2026, 0, 1)
export const LEDGER_TYPES = ['page.view', 'order.paid'] as const

const EPOCH_LENGTH = 10_000
const EPOCH = LEDGER_EPOCH
const NEXT = EPOCH + EPOCH_LENGTH

function record(change: Partial<StreamRecord> = {}): StreamRecord {
  return { partition: 0, type: 'page.view', epoch: EPOCH, count: 1, data: '{}\n', ...change }
}

/** What every engine of the `Ledger` port does. */
export function describeLedger(engine: string, factory: LedgerFactory): void {
  describe(`${engine} as Ledger`, () => {
    const opened: LedgerUnderTest[] = []
    afterEach(async () => {
      for (const each of opened.splice(0)) await each.dispose()
    })
    const open = async (): Promise<LedgerUnderTest> => {
      const made = await factory({ epochLength: EPOCH_LENGTH })
      opened.push(made)
      return made
    }

    test('an epoch in which nothing came has no counts, and is closed and complete when its time is over', async () => {
      const kit = await open()
      expect(await kit.ledger().epochs(undefined)).toEqual([])
      const nothing = { epoch: EPOCH, accepted: {} }
      expect(await kit.ledger().epoch(EPOCH)).toMatchObject({ ...nothing, closed: false, rawComplete: false })
      kit.at(kit.rawDueAt(EPOCH))
      const complete = { closed: true, rawComplete: true, speedComplete: true }
      expect(await kit.ledger().epoch(EPOCH)).toMatchObject({ ...nothing, ...complete })
    })

    test('counts the events of each epoch by type, oldest epoch first', async () => {
      const kit = await open()
      await kit.put([record({ epoch: NEXT, count: 3 }), record({ count: 2 }), record()])
      await kit.put([record({ type: 'order.paid' })])
      expect(await kit.ledger().epochs(undefined)).toMatchObject([
        { epoch: EPOCH, accepted: { 'page.view': 3, 'order.paid': 1 }, closed: false },
        { epoch: NEXT, accepted: { 'page.view': 3 }, closed: false },
      ])
    })

    test('says of every epoch whether its counts are exact', async () => {
      const kit = await open()
      await kit.put([record()])
      const { counts } = await kit.ledger().epoch(EPOCH)
      expect(['exact', 'at least']).toContain(counts)
      expect(await kit.ledger().epochs(undefined)).toMatchObject([{ counts }])
    })

    test('leaves out epochs up to and including the one named', async () => {
      const kit = await open()
      await kit.put([record(), record({ epoch: NEXT }), record({ epoch: NEXT + EPOCH_LENGTH })])
      const epochs = await kit.ledger().epochs(EPOCH)
      expect(epochs.map(({ epoch }) => epoch)).toEqual([NEXT, NEXT + EPOCH_LENGTH])
      expect(await kit.ledger().epochs(NEXT + EPOCH_LENGTH)).toEqual([])
    })

    test('closes an epoch when nothing can enter it any more, and not before', async () => {
      const kit = await open()
      await kit.put([record(), record({ epoch: NEXT })])
      kit.at(kit.closesAt(EPOCH) - 1)
      expect(await kit.ledger().epoch(EPOCH)).toMatchObject({ closed: false })
      kit.at(kit.closesAt(EPOCH))
      expect(await kit.ledger().epoch(EPOCH)).toMatchObject({ closed: true, accepted: { 'page.view': 1 } })
      expect(await kit.ledger().epochs(undefined)).toMatchObject([{ closed: true }, { closed: false }])
    })

    test('an epoch is complete in a layer once that layer holds all that was acknowledged', async () => {
      const kit = await open()
      await kit.put([record({ count: 3 })])
      await kit.deliver()
      await kit.apply()
      await kit.put([record({ type: 'order.paid' })])
      kit.at(kit.rawDueAt(EPOCH))
      expect(await kit.ledger().epoch(EPOCH)).toMatchObject({ rawComplete: false, speedComplete: false })
      await kit.deliver()
      expect(await kit.ledger().epoch(EPOCH)).toMatchObject({ rawComplete: true, speedComplete: false })
      await kit.apply()
      expect(await kit.ledger().epoch(EPOCH)).toMatchObject({ rawComplete: true, speedComplete: true })
    })

    test('an open epoch is complete in no layer', async () => {
      const kit = await open()
      await kit.put([record()])
      await kit.deliver()
      await kit.apply()
      expect(await kit.ledger().epoch(EPOCH)).toMatchObject({ rawComplete: false, speedComplete: false })
    })

    test('what another epoch lacks does not hold an epoch up', async () => {
      const kit = await open()
      await kit.put([record()])
      await kit.deliver()
      await kit.apply()
      await kit.put([record({ epoch: NEXT })])
      kit.at(kit.rawDueAt(EPOCH))
      expect(await kit.ledger().epoch(EPOCH)).toMatchObject({ rawComplete: true, speedComplete: true })
    })

    test('counts every one of many puts at the same time', async () => {
      const kit = await open()
      await Promise.all(Array.from({ length: 40 }, (_, i) => kit.put([record({ count: i + 1 })])))
      expect(await kit.ledger().epoch(EPOCH)).toMatchObject({ accepted: { 'page.view': 820 } })
    })

    test('goes on counting after a restart', async () => {
      const kit = await open()
      await kit.put([record({ count: 2 }), record({ epoch: NEXT })])
      await kit.restart()
      expect(await kit.ledger().epoch(EPOCH)).toMatchObject({ accepted: { 'page.view': 2 } })
      await kit.put([record({ count: 5 })])
      expect(await kit.ledger().epoch(EPOCH)).toMatchObject({ accepted: { 'page.view': 7 } })
      expect(await kit.ledger().epochs(undefined)).toMatchObject([{ epoch: EPOCH }, { epoch: NEXT }])
    })
  })
}
