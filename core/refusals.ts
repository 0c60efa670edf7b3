/**
 * Why events are refused for now (`PutOutcome.reason`): what it means, and what helps. Senders are told
 * so, and operators.
 */
const MEANINGS: Readonly<Record<string, string>> = {
  disk_full: 'the disk of the platform is full: make room on it (512 MB have to be free)',
  storage_failed: 'the platform cannot write to its disk; its log says why',
  queue_full: 'the disk does not write as fast as events come in: send less at once',
  lagging: 'the platform is catching up with what it has: it takes more when it has',
  consumer_failed: 'a part of the platform has stopped: GET /v1/health says which; start it again',
  shutting_down: 'the platform is shutting down',
  epoch_closed: 'the epoch of the events ended while they were written',
  rejected_not_kept: 'events that break their contract cannot be kept for now, and all others are stored',
  not_acknowledged: 'the stream has the events, and their acknowledgement could not be stored',
}

/** A reason in words. */
export function refusalText(reason: string): string {
  return Object.hasOwn(MEANINGS, reason) ? MEANINGS[reason]! : `the stream takes no more for now (${reason})`
}
