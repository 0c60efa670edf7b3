import type { Contract, Pipeline } from '../declare/pipeline.ts'
import { createIdHash } from '../memory/id-hash.ts'
import type { Validate, Validators } from '../ports/validators.ts'
import { brokenText, type CloudEvent, checkEvent, MAX_EVENT_SIZE, type Rejection } from './event.ts'
import { compileGroupLimit } from './group-limit.ts'
import { compilePartitionHash } from './partition.ts'
import type { Accepted } from './record.ts'
import { compileRounding } from './rounding.ts'
import { compileUnchecked } from './unchecked.ts'
import { compileUndeclared } from './undeclared.ts'

/** What became of one event of a request. */
export type Decision =
  | { readonly kind: 'accepted'; readonly accepted: Accepted }
  | { readonly kind: 'rejected'; readonly rejection: Rejection; readonly type?: string; readonly id?: string }

/**
 * Decides about events one by one; synchronous. `text`: what JSON.stringify would write of the value, where
 * that is known.
 */
export type Acceptor = (value: unknown, index: number, text?: string) => Decision

type Rule = {
  readonly validate: Validate
  /** What the newest version declares and this one does not check; none for the newest itself. */
  readonly unchecked: ((data: unknown) => Rejection | undefined) | undefined
  readonly hashOf: (data: Record<string, unknown>) => number
  readonly isRounded: ((data: Record<string, unknown>) => boolean) | undefined
  readonly undeclaredIn: ReturnType<typeof compileUndeclared>
}

/**
 * Compiles the ingest decision for a pipeline: attributes, time, contract, data (and whether the newest
 * version of the contract can read it), size, groups; then the hash that decides the partition. Every time is
 * taken where there is no `checkTime`.
 */
export function compileAcceptor(
  pipeline: Pipeline,
  validators: Validators,
  checkTime?: (time: number) => Rejection | undefined,
): Acceptor {
  // By the newest version, as every reader reads by it: what an older one does not name may have its column.
  const undeclared = new Map([...pipeline.latest].map(([type, newest]) => [type, compileUndeclared(newest)]))
  const ruleOf = (contract: Contract): Rule => {
    const newest = pipeline.latest.get(contract.type)!
    return {
      validate: validators.validatorOf(contract),
      unchecked: compileUnchecked(contract, newest),
      hashOf: compilePartitionHash(contract.partitionBy),
      isRounded: compileRounding(newest),
      undeclaredIn: undeclared.get(contract.type),
    }
  }
  const rules = new Map(pipeline.contracts.map(contract => [contract, ruleOf(contract)]))
  const latest = new Map([...pipeline.latest].map(([type, contract]) => [type, rules.get(contract)!]))
  const groupLimits = new Map(
    [...pipeline.latest.keys()].map(type => [type, compileGroupLimit(pipeline.metricsOf.get(type) ?? [])]),
  )
  const byVersion = new Map([...rules].map(([c, rule]) => [`${c.type}/${c.version}`, rule]))
  const known = [...latest.keys()].join(', ')
  const idHashOf = createIdHash()

  return (value, index, sent) => {
    const checked = checkEvent(value, sent !== undefined)
    if ('code' in checked) return rejected(checked, value)
    const { event, time } = checked
    const text = event === value ? sent : undefined
    const untimely = checkTime?.(time)
    if (untimely !== undefined) return rejected(untimely, value)
    const contract = event.dataschema == null ? latest.get(event.type) : byVersion.get(versionOf(event))
    if (contract === undefined) return rejected({ code: 'unknown_contract', ...unknown(event, known) }, value)
    const violation = contract.validate(event.data) ?? contract.unchecked?.(event.data)
    if (violation !== undefined) return rejected(violation, value)
    const json = text ?? JSON.stringify(event)
    const broken = text === undefined ? brokenText(json, event) : undefined
    if (broken !== undefined) return rejected(broken, value)
    if (isTooLarge(json))
      return rejected({ code: 'too_large', detail: `an event is limited to ${MAX_EVENT_SIZE} bytes` }, value)
    const data = event.data as Record<string, unknown>
    const tooLong = groupLimits.get(event.type)?.(data, json)
    if (tooLong !== undefined) return rejected(tooLong, value)
    const hash = contract.hashOf(data)
    const isRounded = contract.isRounded?.(data) === true
    const undeclared = contract.undeclaredIn?.(data, index)
    const idHash = idHashOf(event.source, event.id)
    return {
      kind: 'accepted',
      accepted: { type: event.type, hash, idHash, time, json, index, isRounded, undeclared },
    }
  }
}

/** Three bytes of UTF-8 a character at most, so that only long texts are measured. */
function isTooLarge(json: string): boolean {
  return json.length > MAX_EVENT_SIZE / 3 && Buffer.byteLength(json) > MAX_EVENT_SIZE
}

/** `dataschema` names a version by its last path part: `https://…/v1/contracts/com.example.order/2`. */
function versionOf(event: Pick<CloudEvent, 'type' | 'dataschema'>): string {
  return `${event.type}/${namedVersion(event.dataschema) ?? '?'}`
}

/** The version of a contract that a `dataschema` names, as it stands there. */
export function namedVersion(dataschema: unknown): string | undefined {
  return /\/(\d+)$/.exec(String(dataschema))?.[1]
}

function unknown(event: CloudEvent, known: string): Pick<Rejection, 'detail' | 'place'> {
  if (event.dataschema == null)
    return {
      detail: `type "${event.type.slice(0, 100)}" has no contract; there are ${known}`,
      place: '/type',
    }
  const detail = `dataschema "${String(event.dataschema).slice(0, 200)}" names no version of "${event.type.slice(0, 100)}"; end it with /1, or leave it out`
  return { detail, place: '/dataschema' }
}

function rejected(rejection: Rejection, value: unknown): Decision {
  const event = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  return {
    kind: 'rejected',
    rejection,
    ...(typeof event['type'] === 'string' && { type: event['type'] }),
    ...(typeof event['id'] === 'string' && { id: event['id'] }),
  }
}
