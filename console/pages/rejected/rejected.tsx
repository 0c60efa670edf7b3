import { useState } from 'preact/hooks'
import { useLive } from '../../data/live.ts'
import { byReason } from '../../data/reasons.ts'
import { readRejections } from '../../data/rejections.ts'
import { count } from '../../parts/format.ts'
import { Shown } from '../../parts/shown.tsx'
import { texts } from '../../texts/texts.ts'
import { Choice } from '../explore/controls.tsx'
import { Reasons } from './reasons.tsx'
import { Replay } from './replay.tsx'

const words = texts.rejected
const HOUR_MS = 3_600_000
const SPANS: Readonly<Record<string, number>> = { '1h': 1, '24h': 24, '7d': 168, '30d': 720 }

/** Events that failed their contract, by reason, and sending them again. */
export function Rejected() {
  const [span, setSpan] = useState('24h')
  const [from, setFrom] = useState(() => since('24h'))
  const [type, setType] = useState('')
  const rejections = useLive(`${from} ${type}`, () => readRejections(from, type))
  const [types, setTypes] = useState<readonly string[]>([])
  const found = rejections.value?.events ?? []
  const seen = [...new Set([...types, ...found.flatMap(one => one.type ?? [])])].sort()
  if (seen.length > types.length) setTypes(seen)
  return (
    <>
      <h1>{texts.pages.rejected}</h1>
      <Shown of={rejections}>
        {({ events, isMore }) => (
          <>
            <section class="card controls">
              <Choice
                label={words.since}
                value={span}
                options={Object.entries(words.spans)}
                choose={to => {
                  setSpan(to)
                  setFrom(since(to))
                }}
              />
              <Choice
                label={words.type}
                value={type}
                options={[['', words.allTypes], ...seen.map(one => [one, one] as const)]}
                choose={setType}
              />
              <div class="controls-end row">
                <button type="button" class="button" onClick={rejections.again}>
                  {words.refresh}
                </button>
                <Replay
                  type={type}
                  from={from}
                  open={events.filter(one => !one.replayed).length}
                  done={rejections.again}
                />
              </div>
            </section>
            {isMore && <p class="notice">{words.more(count(events.length))}</p>}
            {events.length === 0 ? (
              <div class="state">
                <h2>{words.none}</h2>
                <p>{words.noneNext}</p>
              </div>
            ) : (
              <Reasons reasons={byReason(events)} choose={setType} />
            )}
          </>
        )}
      </Shown>
    </>
  )
}

/** ISO instant so long ago. */
function since(span: string): string {
  return new Date(Date.now() - SPANS[span]! * HOUR_MS).toISOString()
}
