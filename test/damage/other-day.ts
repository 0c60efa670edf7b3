/**
 * Loaded before a platform (`--import`): it takes the time to be `CLOCK_BEHIND` ms earlier, timers are as
 * they are.
 */
const BEHIND = Number(process.env['CLOCK_BEHIND'] ?? 0)

const Real = Date
const now = () => Real.now() - BEHIND

globalThis.Date = class extends Real {
  constructor(...given: readonly [] | readonly [number | string | Date]) {
    super(...((given.length === 0 ? [now()] : given) as [number]))
  }
  static override now = now
} as DateConstructor
