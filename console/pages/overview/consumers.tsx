import type { Health } from '../../data/api.ts'
import { bytes, span } from '../../parts/format.ts'
import { texts } from '../../texts/texts.ts'
import { numberOf, partsOf } from './parts-of-health.ts'

const words = texts.overview.consumers

/** How far each of those that read the stream, or what batches make, is behind. */
export function Consumers({ health }: { readonly health: Health }) {
  const parts = partsOf(health)
  const rows = [
    { name: words.speed, part: 'speed', value: spanOf(numberOf(parts['speed'], 'lagMs')) },
    { name: words.log, part: 'raw', value: bytesOf(numberOf(parts['ingest'], 'lagBytes')) },
    {
      ...{ name: words.warehouse, part: 'warehouse' },
      value:
        parts['warehouse']?.['state'] === 'off'
          ? words.off
          : spanOf(numberOf(parts['warehouse'], 'behindMs')),
    },
    { name: words.tables, part: 'tables', value: spanOf(numberOf(parts['tables'], 'behindMs')) },
  ]
  return (
    <section class="card">
      <h2>{words.heading}</h2>
      <dl class="lines">
        {rows.map(({ name, part, value }) => (
          <div key={name}>
            <dt>
              <span class={`dot ${parts[part]?.status ?? 'unknown'}`} />
              {name}
            </dt>
            <dd class="number">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

const spanOf = (ms: number | undefined): string => (ms === undefined ? texts.units.none : span(ms))
const bytesOf = (value: number | undefined): string => (value === undefined ? texts.units.none : bytes(value))
