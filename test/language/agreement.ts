import type { ContractDeclaration } from '../../core/declare/contract.ts'
import type { MetricDeclaration } from '../../core/declare/metric.ts'
import { expectedAnswer, readAnswer, type Sent } from './answers.ts'
import { expectedRow, sorted } from './expected.ts'
import { type Rows, readLake, readWarehouse } from './layers.ts'
import type { WholePlatform } from './whole-platform.ts'
import { columnOf, type Leaf } from './written.ts'

/** A contract, a metric of it, and what the author meant by the contract. */
export type Declared = {
  readonly declaration: ContractDeclaration
  readonly metric: MetricDeclaration
  readonly leaves: readonly Leaf[]
}

/** The contracts with the events that were accepted of each, and where differences are noted. */
export type Scene = {
  readonly platform: WholePlatform
  readonly contracts: readonly Declared[]
  readonly sent: readonly (readonly Sent[])[]
  readonly note: (text: string) => void
}

/** Holds answers of both layers, files of the lake and tables of the warehouse to what was sent. */
export async function everyLayerAgrees(scene: Scene): Promise<void> {
  const { platform, contracts, sent } = scene
  await platform.applied()
  await answersAgree(scene, 'merged')
  await platform.published(60_000 + contracts.length * 2000)
  await answersAgree(scene, 'batch')
  await answersAgree(scene, 'merged')
  const used = contracts.filter((_, i) => sent[i]!.length > 0)
  const types = new Map(used.map(({ declaration, leaves }) => [declaration.type, leaves]))
  rowsAgree(scene, 'lake', await readLake(platform.data, types), text => text)
  const all = contracts.map(({ declaration }) => declaration.type)
  const tables = new Map([...types].map(([type, leaves]) => [type, [tableOf(type, all), leaves]] as const))
  // PostgreSQL has no text with a NUL.
  const storable = (text: string) => text.replaceAll('\0', '\ufffd')
  rowsAgree(scene, 'warehouse', await readWarehouse(await platform.warehouse(), tables), storable)
}

async function answersAgree({ platform, contracts, sent, note }: Scene, layer: string): Promise<void> {
  for (const [i, contract] of contracts.entries()) {
    const { status, text } = await platform.read(`/v1/metrics/${contract.metric.name}?layer=${layer}`)
    if (status !== 200) {
      note(`${i} ${layer}: ${status} ${text}`)
      continue
    }
    const [found, expected] = [readAnswer(text), expectedAnswer(contract, sent[i]!)]
    for (const key of new Set([...Object.keys(found), ...Object.keys(expected)]))
      if (found[key] !== expected[key]) note(`${i} ${layer}: ${key}: ${found[key]} for ${expected[key]}`)
  }
}

function rowsAgree(
  { contracts, sent, note }: Scene,
  layer: string,
  found: ReadonlyMap<string, Rows>,
  storable: (text: string) => string,
): void {
  for (const [i, { declaration, leaves }] of contracts.entries()) {
    const rows = found.get(declaration.type) ?? new Map<string, readonly (string | null)[]>()
    if (rows.size !== sent[i]!.length) note(`${i} ${layer}: ${rows.size} rows of ${sent[i]!.length} events`)
    for (const { id, data } of sent[i]!) {
      const expected = expectedRow(leaves, data)
      for (const [k, leaf] of leaves.entries()) {
        const [is, shouldBe] = [rows.get(storable(id))?.[k], expected[k]!]
        const isSame = is === (leaf.kind === 'text' && shouldBe !== null ? storable(shouldBe) : shouldBe)
        if (!isSame) note(`${i} ${layer} ${columnOf(leaf)}: ${is} for ${shouldBe} of ${sorted(data)}`)
      }
    }
  }
}

/** The last part of the type; all of it where two types have that part. */
function tableOf(type: string, types: readonly string[]): string {
  const last = (text: string) => text.split('.').at(-1)!
  const isShared = types.some(other => other !== type && last(other) === last(type))
  return (isShared ? type : last(type)).toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')
}
