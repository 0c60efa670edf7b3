import type { Segment } from './segment.ts'

export type RetentionRule = { readonly retentionMs: number; readonly retentionBytes: number }

/**
 * The segments to delete, oldest first: wholly before `floor`, and either older than `retentionMs` at `now` or more
 * than `retentionBytes` from the end of the log. The last segment always stays.
 */
export function expiredSegments(
  segments: readonly Segment[],
  floor: number,
  now: number,
  rule: RetentionRule,
): readonly Segment[] {
  const last = segments.at(-1)
  if (last === undefined) return []
  const end = last.base + last.size
  const kept = segments.findIndex(segment => {
    const old = now - segment.writtenAt >= rule.retentionMs
    const much = end - segment.base > rule.retentionBytes
    return segment === last || segment.base + segment.size > floor || !(old || much)
  })
  return segments.slice(0, kept)
}
