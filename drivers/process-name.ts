import { randomBytes } from 'node:crypto'

/** Six characters of 0–9 a–z that name this process, or container, in receipts. */
export function processName(): string {
  return randomBytes(6)
    .map(byte => byte % 36)
    .reduce((name, digit) => name + digit.toString(36), '')
}
