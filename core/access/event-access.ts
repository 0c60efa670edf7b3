import type { Field } from '../data/fields.ts'
import type { Contract } from '../declare/pipeline.ts'
import { maskedFields } from '../lake/masked-columns.ts'
import { type Access, isAmong, readableTypes } from './access.ts'

type Limits = Pick<Contract, 'type' | 'fields'>

/**
 * Whether an event is among what a caller may see: it is of a type of theirs, and has one of the values that
 * they are limited to in each such field. A contract without the field has no rows that are theirs.
 */
export function maySeeEvent(access: Access, contract: Limits, readOf: (field: Field) => unknown): boolean {
  if (!isAmong(contract.type, readableTypes(access))) return false
  if (access.isAdmin === true) return true
  return Object.entries(access.where ?? {}).every(([name, allowed]) => {
    const field = contract.fields.find(one => one.name === name)
    const value = field === undefined ? undefined : readOf(field)
    return (allowed as readonly unknown[]).includes(value)
  })
}

/** Whether a caller is limited to rows, and so may hear of no event that is not among them. */
export function isOfRows({ isAdmin, where }: Access): boolean {
  return isAdmin !== true && where !== undefined
}

/** Fields of events that a caller is not shown: what the contract masks is an admin's. */
export function hiddenFields(
  { isAdmin }: Access,
  contract: Pick<Contract, 'sensitive' | 'subject'>,
): ReadonlySet<string> {
  return isAdmin === true ? new Set() : maskedFields(contract)
}
