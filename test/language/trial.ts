import { everyLayerAgrees, type Scene } from './agreement.ts'
import type { WrittenContract } from './contracts.ts'
import { judgeOf } from './independent-judge.ts'
import { eventsOf, sendAll } from './sending.ts'
import { startWholePlatform, type WholePlatform } from './whole-platform.ts'
import type { Node } from './written.ts'

/** What came of sending values of many contracts through every layer of one platform. */
export type Trial = {
  readonly accepted: number
  readonly rejected: number
  /** Where a layer says another thing than was sent, or than another layer. */
  readonly differences: readonly string[]
  readonly failures: readonly string[]
}

/** @param values for each contract, beside a third as many that may be wrong */
export async function tryContracts(
  contracts: readonly WrittenContract[],
  values: number,
  seed: number,
): Promise<Trial> {
  const platform = await startWholePlatform({
    contracts: contracts.map(({ declaration }) => declaration),
    metrics: contracts.map(({ metric }) => metric),
  })
  try {
    const differences: string[] = []
    const note = (text: string) => void differences.push(text.slice(0, 500))
    const drawn = contracts.map((contract, i) => eventsOf(contract, i, values, seed))
    const verdicts = await sendAll(platform, drawn.flat())
    await verdictsAgree(platform, contracts, drawn, verdicts, note)
    const sent = drawn.map(events => events.filter(({ id }) => !verdicts.has(id)))
    await everyLayerAgrees({ platform, contracts, sent, note })
    return {
      accepted: sent.flat().length,
      rejected: verdicts.size,
      differences,
      failures: await platform.failures(),
    }
  } finally {
    await platform.end()
  }
}

/**
 * Ingest accepts what the schema takes as its author wrote it, and as the API's description has it; but for
 * limits of the platform's own, which no schema says.
 */
async function verdictsAgree(
  platform: WholePlatform,
  contracts: readonly WrittenContract[],
  drawn: Scene['sent'],
  verdicts: ReadonlyMap<string, string>,
  note: Scene['note'],
): Promise<void> {
  const { text } = await platform.read('/openapi.json')
  const { components } = JSON.parse(text) as { components: { schemas: Record<string, Node> } }
  for (const [i, { declaration }] of contracts.entries()) {
    const asWritten = judgeOf(declaration.data)
    const asPublished = judgeOf(components.schemas[`${declaration.type}.1.data`]!)
    for (const { id, data } of drawn[i]!) {
      const verdict = verdicts.get(id)
      if (verdict === 'out_of_range' || verdict === 'unsafe_integer') continue
      const all = [asWritten(data), asPublished(data), verdict === undefined]
      if (new Set(all).size > 1) note(`${i} as written, published, taken: ${all}: ${JSON.stringify(data)}`)
    }
  }
}
