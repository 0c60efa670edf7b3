import type { Units } from '../../../engines/dynamodb/units.ts'

/** What some work asked of AWS: requests of S3 by command, and of DynamoDB with the units they took. */
export type Asked = {
  readonly s3: Readonly<Record<string, number>>
  readonly dynamodb: number
  readonly reads: number
  readonly writes: number
}

/** Counts what passes by; `s3` is counted by the bucket in memory. */
export function createAskedMeter(s3: ReadonlyMap<string, number>) {
  let [dynamodb, reads, writes] = [0, 0, 0]
  const read = (): Asked => ({ s3: Object.fromEntries(s3), dynamodb, reads, writes })
  return {
    onUse(_operation: string, used: readonly Units[]): void {
      dynamodb += 1
      for (const { kind, units } of used)
        if (kind === 'read') reads += units
        else writes += units
    },
    /** What the work asks for. */
    async during(work: () => Promise<unknown>): Promise<Asked> {
      const before = read()
      await work()
      const after = read()
      const commands = Object.entries(after.s3).map(
        ([name, n]) => [name, n - (before.s3[name] ?? 0)] as const,
      )
      return {
        s3: Object.fromEntries(commands.filter(([, n]) => n > 0)),
        dynamodb: after.dynamodb - before.dynamodb,
        reads: after.reads - before.reads,
        writes: after.writes - before.writes,
      }
    },
  }
}

/** Requests of S3. */
export function requestsOfS3({ s3 }: Asked): number {
  return Object.values(s3).reduce((sum, n) => sum + n, 0)
}
