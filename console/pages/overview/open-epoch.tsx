import { useEffect, useState } from 'preact/hooks'
import type { Health } from '../../data/api.ts'
import { count, instant, span } from '../../parts/format.ts'
import { texts } from '../../texts/texts.ts'
import { partsOf } from './parts-of-health.ts'

const words = texts.overview.epoch

type Epoch = { readonly start: string; readonly lengthMs: number; readonly accepted: number }

/** How far the epoch is that events go into now. */
export function OpenEpoch({ health }: { readonly health: Health }) {
  const epoch = partsOf(health)['ingest']?.['epoch'] as Epoch | undefined
  return (
    <section class="card">
      <h2>{words.heading}</h2>
      {epoch === undefined ? <p class="muted">{words.unknown}</p> : <Filling epoch={epoch} />}
    </section>
  )
}

function Filling({ epoch: { start, lengthMs, accepted } }: { readonly epoch: Epoch }) {
  const now = useNow()
  const over = Math.min(lengthMs, Math.max(0, now - Date.parse(start)))
  return (
    <>
      <p class="tile-number">
        {count(accepted)}
        <span class="unit"> {words.accepted}</span>
      </p>
      <progress max={lengthMs} value={over} aria-label={words.bar} />
      <p class="between hint">
        <span>
          {words.began} <span class="number">{instant(start)}</span>
        </span>
        <span>
          {words.ends} <span class="number">{span(Math.ceil((lengthMs - over) / 1000) * 1000)}</span>
        </span>
      </p>
      <p class="hint">{words.what}</p>
    </>
  )
}

/** The time, ms, once a second. */
function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 1000)
    return () => window.clearInterval(timer)
  }, [])
  return now
}
