import type { Rejected, RejectedEvent } from '../../core/ports/rejected.ts'

/** A store of rejected events that tells somebody of those that it has kept. */
export function toldRejected<R extends Pick<Rejected, 'put'>>(
  store: R,
  tell: (kept: readonly RejectedEvent[]) => void,
): R {
  return {
    ...store,
    async put(events) {
      await store.put(events)
      tell(events)
    },
  }
}
