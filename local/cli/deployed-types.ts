import type { FieldKind } from '../../core/data/fields.ts'
import type { KeptField, KeptType, Remembered } from '../../core/declare/changes/remembered.ts'
import type { Client } from './client.ts'

/** What the registry of a running platform says that its events are. */
export async function deployedTypes(client: Client): Promise<Remembered> {
  const { contracts } = await client.call('GET /v1/contracts')
  const newest = contracts.filter(({ latest }) => latest)
  return Object.fromEntries(
    newest.map(({ type, version, fields, partitionBy }): [string, KeptType] => [
      type,
      { version, fields: fields.map(fieldIn), partitionBy },
    ]),
  )
}

type Described = {
  readonly name: string
  readonly kind: string
  readonly nullable: boolean
  readonly optional: boolean
  /** Not of an older platform. */
  readonly scale?: number | null
}

function fieldIn({ name, kind, nullable, optional, scale }: Described): KeptField {
  const column = name.replaceAll('.', '_').toLowerCase()
  return { name, column, kind: kind as FieldKind, nullable, optional, ...(scale != null && { scale }) }
}
