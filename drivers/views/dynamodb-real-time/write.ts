import { setTimeout as sleep } from 'node:timers/promises'
import type { MetricShapes } from '../../../core/declare/metric-kinds.ts'
import { runStatements } from '../../aws/dynamodb/statements.ts'
import type { Access } from '../../aws/dynamodb/table.ts'
import { backoffMs } from '../../aws/retry.ts'
import type { Bucket } from './bucket.ts'
import { type Home, type Knowledge, locate } from './locate.ts'
import { type Placed, type Plan, planBucket, statementOf } from './plan.ts'

/** Rounds of a call: one a level of the way down, and others for lost races. */
const MAX_ROUNDS = 48

export type WriteContext = {
  readonly access: Access
  readonly shapes: MetricShapes
  readonly knowledge: Knowledge
  /** When the items may be deleted unless they were before, seconds since 1970. */
  readonly expires: number
}

/**
 * Conditional writes of logical items, positional: true where the condition held. Those of one bucket go in
 * one physical write, conditional on the bucket's version. Where only a neighbour has changed, the bucket is
 * read and written again.
 *
 * A physical write whose answer was lost is known by its version when the bucket is read again; where
 * somebody has written after it, the caller is told false, reads again, and finds its own position there.
 */
export async function writeConditionally(
  context: WriteContext,
  writes: readonly Placed[],
): Promise<readonly boolean[]> {
  const results = writes.map(() => false)
  /** Versions whose writing came back as a conflict: one of them may be there after all. */
  const unconfirmed = new Map<string, Plan>()
  let open = writes
  for (let round = 0, conflicts = 0; open.length > 0 && round < MAX_ROUNDS; round++) {
    const homes = await locate(
      context.access,
      open.map(({ write, layout }) => ({ item: write.item, layout })),
      context.knowledge,
    )
    const settled = new Set(confirm(homes, unconfirmed))
    for (const place of settled) results[place] = true
    const plans = plansOf(homes, open, settled, context.shapes)
    const held = await store(context, plans)
    for (const [i, plan] of plans.entries()) {
      if (held[i] === false) unconfirmed.set(plan.home.text, plan)
      for (const place of plan.holds) if (held[i]) results[place] = true
      for (const place of held[i] === false ? [] : plan.holds) settled.add(place)
      for (const place of refusedForGood(plan, held[i], context.knowledge)) settled.add(place)
    }
    open = open.filter(({ place }) => !settled.has(place))
    if (held.includes(false)) await sleep(backoffMs(conflicts++))
  }
  return results
}

/** Places of the writes that turn out to have been made. */
function confirm(homes: readonly Home[], unconfirmed: Map<string, Plan>): readonly number[] {
  return homes.flatMap(({ text, bucket }) => {
    const plan = unconfirmed.get(text)
    unconfirmed.delete(text)
    return plan !== undefined && plan.next?.bucket.version === bucket.version ? plan.holds : []
  })
}

function plansOf(
  homes: readonly Home[],
  open: readonly Placed[],
  settled: ReadonlySet<number>,
  shapes: MetricShapes,
): readonly Plan[] {
  const byHome = new Map<string, { home: Home; writes: Placed[] }>()
  for (const [i, placed] of open.entries()) {
    if (settled.has(placed.place)) continue
    const home = homes[i]!
    const together = byHome.get(home.text)
    if (together === undefined) byHome.set(home.text, { home, writes: [placed] })
    else together.writes.push(placed)
  }
  return [...byHome.values()].map(({ home, writes }) => planBucket(home, writes, shapes))
}

/**
 * Stores what changes; positional: undefined where nothing does. What is known afterwards is what is stored.
 */
async function store(
  { access, knowledge, expires }: WriteContext,
  plans: readonly Plan[],
): Promise<readonly (boolean | undefined)[]> {
  const changing = plans.filter(hasNext)
  const written = await runStatements(
    access,
    changing.map(plan => statementOf(access.table, plan, expires)),
  )
  const outcomes = new Map<Plan, boolean>()
  for (const [i, plan] of changing.entries()) {
    const { held } = written[i]!
    outcomes.set(plan, held)
    learn(knowledge, plan.home.text, held ? plan.next.bucket : undefined)
  }
  return plans.map(plan => outcomes.get(plan))
}

function hasNext(plan: Plan): plan is Plan & { next: NonNullable<Plan['next']> } {
  return plan.next !== undefined
}

/** A refusal that rests on what an earlier call read is looked at again, and so is one beside a lost race. */
function refusedForGood(
  { home, refused }: Plan,
  held: boolean | undefined,
  knowledge: Knowledge,
): readonly number[] {
  if (refused.length === 0 || held === true) return refused
  if (held === false) return []
  if (!knowledge.stale.has(home.text)) return refused
  learn(knowledge, home.text, undefined)
  return []
}

function learn({ buckets, stale }: Knowledge, text: string, bucket: Bucket | undefined): void {
  stale.delete(text)
  if (bucket === undefined) buckets.delete(text)
  else buckets.set(text, bucket)
}
