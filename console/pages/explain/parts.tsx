import { useState } from 'preact/hooks'
import { Link } from '../../app/link.tsx'
import { addressOf } from '../../data/address.ts'
import type { Explanation } from '../../data/api.ts'
import { exactShare } from '../../data/explained.ts'
import { count, measure as shown } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Moment } from '../../parts/moment.tsx'
import { ofNumbers, TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.explain.parts

type Part = Explanation['parts'][number]
type PartsProps = {
  readonly explanation: Explanation
  readonly measure: string
  readonly isAddedUp: boolean
  readonly isThorough: boolean
  /** Asks again, and has all raw lines read. */
  readonly readAll: () => void
}

/** A month by the hour; more are shown when asked for. */
const FEW = 24

/** The parts of the number: what is kept of each, what its events come to now, and all of them together. */
export function Parts({ explanation, measure, isAddedUp, isThorough, readAll }: PartsProps) {
  const { parts, provenance } = explanation
  const [isAll, setAll] = useState(false)
  const shownParts = isAll ? parts : parts.slice(0, FEW)
  return (
    <section class="card">
      <div class="between">
        <h2>{words.heading}</h2>
        {provenance.run !== null && (
          <Link href={addressOf('/runs', { id: provenance.run })} class="more">
            {words.run}
            <Icon name="arrow" />
          </Link>
        )}
      </div>
      <p class="hint">{words.lead}</p>
      <Shares parts={parts} />
      <div class="scroll">
        <table class="parts">
          <TableHead
            columns={[
              words.epoch,
              words.layer,
              ofNumbers(words.events),
              ofNumbers(`${measure}, ${words.kept.toLowerCase()}`),
              ofNumbers(words.counted),
              null,
            ]}
          />
          <tbody>
            {shownParts.map(part => (
              <PartRow key={`${part.layer} ${part.epoch}`} part={part} measure={measure} />
            ))}
          </tbody>
          <Together explanation={explanation} measure={measure} isAddedUp={isAddedUp} />
        </table>
      </div>
      {!isAddedUp && parts.length > 1 && <p class="hint">{words.combinedHint}</p>}
      {parts.length > shownParts.length && (
        <button type="button" class="button" onClick={() => setAll(true)}>
          {words.allParts(count(parts.length))}
        </button>
      )}
      {!isThorough && parts.some(({ state }) => state === 'too large') && (
        <button type="button" class="button" onClick={readAll}>
          {words.thorough}
        </button>
      )}
    </section>
  )
}

/** How much of it each layer has, as a bar. */
function Shares({ parts }: { readonly parts: readonly Part[] }) {
  const exact = exactShare(parts)
  if (exact === undefined) return null
  // By attributes of a drawing: the policy of the page has no styles in elements.
  const width = 100 * exact
  return (
    <svg
      class="shares"
      viewBox="0 0 100 1"
      preserveAspectRatio="none"
      role="img"
      aria-label={words.bar(percent(exact), percent(1 - exact))}
    >
      <rect class="exact" x="0" y="0" width={width} height="1" />
      <rect class="live" x={width} y="0" width={100 - width} height="1" />
    </svg>
  )
}

const percent = (share: number): string => `${(100 * share).toFixed(share === 0 || share === 1 ? 0 : 1)} %`

function PartRow({ part, measure }: { readonly part: Part; readonly measure: string }) {
  const { layer, epoch, epochs, isLate, events, values, ofEvents, state } = part
  return (
    <tr>
      <td class="number-left">
        <Moment at={epoch} />
        {epochs > 1 && <span class="muted"> · {words.day(count(epochs))}</span>}
      </td>
      <td>
        <span class={layer === 'batch' ? 'badge' : 'badge live'}>
          {layer === 'batch' ? words.exact : words.live}
        </span>
        {isLate && (
          <span class="badge" title={words.lateHint}>
            {words.late}
          </span>
        )}
      </td>
      <td class="number">{events === null ? texts.units.none : count(events)}</td>
      <td class="number">{shown(values[measure])}</td>
      <td class="number">{ofEvents === null ? texts.units.none : shown(ofEvents[measure])}</td>
      <td>
        <State state={state} />
      </td>
    </tr>
  )
}

function State({ state }: { readonly state: Part['state'] }) {
  if (state === 'adds up')
    return (
      <span class="adds-up">
        <Icon name="check" />
        {words.states[state]}
      </span>
    )
  const isBad = state === 'differs' || state === 'not there'
  return (
    <>
      <span class={isBad ? 'badge bad' : 'badge warn'}>{words.states[state]}</span>
      <span class="hint why"> {words.why[state]}</span>
    </>
  )
}

type TogetherProps = Pick<PartsProps, 'explanation' | 'measure' | 'isAddedUp'>

/** The last line: all parts, which are the number. */
function Together({ explanation, measure, isAddedUp }: TogetherProps) {
  const { addsUp, events, values } = explanation
  const value = shown(values?.[measure])
  return (
    <tfoot>
      <tr>
        <th scope="row" colSpan={2}>
          {isAddedUp ? words.sum : words.combined}
        </th>
        <td class="number">{count(events.total)}</td>
        <td class="number">{value}</td>
        <td class="number">{addsUp ? value : texts.units.none}</td>
        <td>{addsUp && <State state="adds up" />}</td>
      </tr>
    </tfoot>
  )
}
