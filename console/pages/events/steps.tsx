import type { ComponentChildren } from 'preact'
import { Link } from '../../app/link.tsx'
import { addressOf } from '../../data/address.ts'
import { instant, many } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { texts } from '../../texts/texts.ts'
import type { Followed } from './journey-page.tsx'

const words = texts.events
const said = words.step

type Mark = 'done' | 'next' | 'none' | 'left'
type Step = { readonly name: string; readonly mark: Mark; readonly body: ComponentChildren }

/** The way of an event, step by step: what has happened, and what has still to. */
export function Steps({ one }: { readonly one: Followed }) {
  const steps = stepsOf(one)
  return (
    <section class="card">
      <h2>{words.steps}</h2>
      <ol class="steps">
        {steps.map(({ name, mark, body }) => (
          <li key={name} class={`step ${mark}`} aria-current={mark === 'next' ? 'step' : undefined}>
            <span class="step-mark">{mark === 'done' && <Icon name="check" />}</span>
            <div>
              <h3>{name}</h3>
              <p class="hint long">{body}</p>
            </div>
          </li>
        ))}
      </ol>
      <p role="status" class="strong">
        {one.waitsFor !== null ? words.waits[one.waitsFor] : one.verdict === 'accepted' && words.arrived}
      </p>
    </section>
  )
}

function stepsOf(one: Followed): readonly Step[] {
  const { receipts, stream, raw, verdict } = one
  const first = receipts[0]!
  const again = receipts.filter(({ verdict: each }) => each === 'duplicate').length
  const isCounted = verdict === 'accepted'
  const came = isCounted && again > 0 ? ` ${said.again(many(again, words.times))}` : ''
  const position = stream.position
  const at = position === null ? '' : said.position(`${position.sequence}/${position.index}`)
  const begin: readonly Step[] = [
    { name: said.received, mark: 'done', body: instant(first.receivedAt) },
    {
      name: isCounted ? said.counted : said.duplicate,
      mark: isCounted ? 'done' : 'left',
      body: `${words.epoch(instant(one.epoch.start), one.epoch.isClosed)}.${came}`,
    },
    { name: said.stream, mark: 'done', body: `${said.place(String(stream.partition))}${at}.` },
  ]
  if (!isCounted) return [...begin, rawStep(raw?.file)]
  return [...begin, speedStep(one), rawStep(raw?.file, one.waitsFor === 'raw'), ...ofBatches(one)]
}

function speedStep({ stream: { isApplied }, waitsFor }: Followed): Step {
  const body = isApplied === true ? '' : isApplied === false ? said.notApplied : said.unknown
  return { name: said.speed, mark: markOf(isApplied === true, waitsFor === 'speed'), body }
}

function rawStep(file: string | undefined, isNext = false): Step {
  return { name: said.raw, mark: markOf(file !== undefined, isNext), body: file ?? said.noRaw }
}

function ofBatches({ curated, epoch, cells, waitsFor }: Followed): readonly Step[] {
  const isPublished = waitsFor === null && cells.length > 0
  const published = cells.length === 0 ? said.noCells : said.notPublished
  return [
    {
      name: said.curated,
      mark: markOf(curated !== null, waitsFor === 'epoch' || waitsFor === 'run'),
      body: curated?.file ?? said.noCurated,
    },
    {
      name: said.published,
      mark: markOf(isPublished, waitsFor === 'publishing'),
      body: epoch.run === null ? published : <Run run={epoch.run} />,
    },
  ]
}

function Run({ run }: { readonly run: string }) {
  return (
    <>
      {said.by}
      <Link href={addressOf('/runs', { id: run })}>{run}</Link>
    </>
  )
}

function markOf(isDone: boolean, isNext: boolean): Mark {
  if (isDone) return 'done'
  return isNext ? 'next' : 'none'
}
