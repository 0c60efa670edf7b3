import type { RejectionCode } from './event.ts'

/** What may be done about a rejected event, by the code of its rejection. */
const REMEDIES: Readonly<Record<RejectionCode | 'type_not_allowed', string>> = {
  not_an_event: 'Send a JSON object with the attributes of CloudEvents 1.0, and what happened under data.',
  missing_attribute: 'Add the attribute.',
  invalid_attribute: 'Correct the attribute, or move fields of your own into data.',
  reserved_attribute: 'Leave the attribute out: the platform sets it.',
  forbidden_key: 'Leave the key out.',
  too_deep: 'Nest less deeply, or send what is inside as text.',
  too_large: 'Send less in one event: large things belong into a store, and their address into the event.',
  invalid_text: 'Send whole characters: texts are cut between characters, not inside of one.',
  unknown_contract: 'Correct the type or the version, or declare a contract in pipeline/contracts.',
  unsupported_data: 'Send data as JSON.',
  schema_violation: 'Send what the contract declares at this place, or change the contract.',
  unsafe_integer: 'Send numbers with so many digits as text.',
  inexact_number: 'Send at most 15 digits, or send the number as text.',
  out_of_range: 'Send a number within the range, or widen it in the contract.',
  time_out_of_bounds: 'Send when it happened as RFC 3339, or widen the bounds of event times.',
  type_not_allowed: 'Send events of this type with a key that may.',
}

/** What may be done about a rejection; `detail` of the rejection has what is wrong. */
export function rejectionRemedy(code: string): string {
  return Object.hasOwn(REMEDIES, code) ? REMEDIES[code as RejectionCode] : ''
}
