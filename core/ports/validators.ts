import type { Contract } from '../declare/pipeline.ts'

/** Why an event's data fails its contract. */
export type Violation = {
  readonly code: 'schema_violation' | 'unsafe_integer' | 'out_of_range'
  /** What is wrong, where (JSON pointer), and what would be right. Never holds the value itself. */
  readonly detail: string
  /** Where, as a JSON pointer into the event. */
  readonly place: string
}

/** Checks data against one contract: undefined when it is right. Synchronous: it runs once per event. */
export type Validate = (data: unknown) => Violation | undefined

/** Gives the validator of a contract; compiled once, before the first event. */
export type Validators = { validatorOf(contract: Contract): Validate }
