import type { ErrorCode } from './errors.ts'

/**
 * What an operator does about a failure that the platform reports, by its code; every line of the log about
 * one has it. Codes that are a caller's fault have none.
 */
const REMEDIES: Readonly<Partial<Record<ErrorCode, string>>> = {
  overloaded:
    'senders repeat it by themselves; where it goes on, send less at once or give the platform more',
  unavailable: 'it is tried again; where it goes on, see that the part named runs and can be reached',
  timeout: 'it is tried again; where it goes on, the part named is overloaded or hangs',
  storage_failed: 'see that the disk has room and that the account of the platform may write to it',
  raw_incomplete: 'the next run looks again; where it goes on, see what holds up raw delivery',
  busy: 'the next run tries again when the other one has ended',
  reconciliation_mismatch:
    'npx tributary runs show <run> has the keys; correct one layer by backfill or replay',
  held: 'npx tributary runs show <run> has the reason; the next run tries again, "accept" takes the numbers as they are',
  invalid_declaration: 'correct the declaration; npx tributary contracts check says whether it is right',
  invalid_setting: 'correct the setting and start again',
  corrupt_data: 'stop the platform and run npx tributary doctor',
  internal: 'a fault of the platform: report it with this line',
}

/** What to do about a failure with this name; undefined where there is nothing the operator could do. */
export function remedyOf({ name }: Pick<Error, 'name'>): string | undefined {
  return Object.hasOwn(REMEDIES, name) ? REMEDIES[name as ErrorCode] : undefined
}
