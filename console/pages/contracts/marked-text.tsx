import type { ComponentChildren } from 'preact'
import type { Span } from '../../data/pasted/json-place.ts'
import { texts } from '../../texts/texts.ts'

/** Lines that are shown before and after the one that something is said of. */
const AROUND = 4
/** A long line is shown from so far before the place. */
const BEFORE = 60

type MarkedProps = { readonly text: string; readonly span: Span; readonly note: ComponentChildren }

/** A text with one place in it marked, and what is said of it under its line. */
export function MarkedText({ text, span, note }: MarkedProps) {
  const start = text.lastIndexOf('\n', span.from - 1) + 1
  const newline = text.indexOf('\n', span.from)
  const end = newline === -1 ? text.length : newline
  const number = text.slice(0, start).split('\n').length
  const before = text
    .slice(0, Math.max(0, start - 1))
    .split('\n')
    .slice(-AROUND)
  const after = text
    .slice(end + 1)
    .split('\n')
    .slice(0, AROUND)
  const hasBefore = start > 0
  const from = Math.max(start, span.from - BEFORE)
  return (
    <div class="marked">
      <p class="hint">{texts.contracts.tryIt.line(String(number))}</p>
      <pre>
        {hasBefore && <code>{`${before.join('\n')}\n`}</code>}
        <code class="wrong">
          {from > start && '… '}
          {text.slice(from, span.from)}
          <mark>{text.slice(span.from, Math.min(span.to, end))}</mark>
          {text.slice(Math.min(span.to, end), end)}
        </code>
      </pre>
      <p class="why">{note}</p>
      {end < text.length && (
        <pre>
          <code>{after.join('\n')}</code>
        </pre>
      )}
    </div>
  )
}
