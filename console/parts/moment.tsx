import { moment } from './format.ts'

/** An instant in a table whose head says UTC; a narrow screen leaves the year out. */
export function Moment({ at }: { readonly at: string }) {
  const text = moment(at)
  return (
    <time dateTime={at}>
      <span class="year">{text.slice(0, 5)}</span>
      {text.slice(5)}
    </time>
  )
}
