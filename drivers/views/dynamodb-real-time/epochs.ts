import { type Access, WIDTH } from '../../aws/dynamodb/table.ts'
import { inParallel } from '../../aws/in-parallel.ts'
import { enterEpoch, findEpoch } from './directory.ts'
import type { Layout } from './layout.ts'

type EpochKey = { readonly metric: string; readonly epoch: number }

/**
 * Layouts of epochs, positional for the keys given. Each is looked up, or entered in the directory, once a
 * container.
 */
export type Epochs = {
  /** Undefined where the epoch has no items. */
  find(access: Access, keys: readonly EpochKey[]): Promise<readonly (Layout | undefined)[]>
  /** Enters those that are missing, before anything is written to them: what is not listed is not read. */
  enter(access: Access, keys: readonly EpochKey[], expires: number): Promise<readonly Layout[]>
  forget(metric: string, through: number): void
}

/** Epochs remembered; beyond it all are forgotten, which costs a read each. */
const MAX_EPOCHS = 10_000

export function createEpochs(layoutOf: (metric: string) => Layout): Epochs {
  const known = new Map<string, Layout & EpochKey>()

  async function learn(
    keys: readonly EpochKey[],
    layoutNow: (key: EpochKey) => Promise<Layout | undefined>,
  ): Promise<readonly (Layout | undefined)[]> {
    if (known.size > MAX_EPOCHS) known.clear()
    // What is found now is kept for this call: others may forget it meanwhile.
    const layouts = new Map<string, Layout | undefined>()
    const missing = new Map<string, EpochKey>()
    for (const key of keys) {
      const text = textOf(key)
      if (layouts.has(text)) continue
      layouts.set(text, known.get(text))
      if (!known.has(text)) missing.set(text, key)
    }
    await inParallel(missing, WIDTH, async ([text, { metric, epoch }]) => {
      const layout = await layoutNow({ metric, epoch })
      if (layout === undefined) return
      layouts.set(text, layout)
      known.set(text, { ...layout, metric, epoch })
    })
    return keys.map(key => layouts.get(textOf(key)))
  }

  return {
    find: (access, keys) =>
      learn(keys, async ({ metric, epoch }) => (await findEpoch(access, metric, epoch))?.layout),
    async enter(access, keys, expires) {
      const layouts = await learn(keys, ({ metric, epoch }) =>
        enterEpoch(access, metric, { epoch, layout: layoutOf(metric) }, expires),
      )
      return layouts as readonly Layout[]
    },
    forget(metric, through) {
      for (const [text, key] of known) if (key.metric === metric && key.epoch <= through) known.delete(text)
    },
  }
}

function textOf({ metric, epoch }: EpochKey): string {
  return `${metric}|${epoch}`
}
