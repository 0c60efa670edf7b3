/**
 * Loaded before a platform: its clock goes several times as fast as the machine's, from an instant on that
 * all of its lives have in common, so that minutes are over in seconds.
 */
const begin = Number(process.env['FAST_CLOCK_FROM'])
const speed = Number(process.env['FAST_CLOCK_SPEED'])
const Real = Date
const now = () => Math.floor(begin + (Real.now() - begin) * speed)

globalThis.Date = new Proxy(Real, {
  construct: (target, given) => Reflect.construct(target, given.length === 0 ? [now()] : given) as object,
  get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
})
