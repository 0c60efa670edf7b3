import type { ComponentChildren } from 'preact'
import type { Failure } from '../data/failure.ts'
import { signOut } from '../data/key.ts'
import type { Loaded } from '../data/live.ts'
import { texts } from '../texts/texts.ts'
import { clock } from './format.ts'

type ShownProps<T> = {
  readonly of: Loaded<T>
  readonly children: (value: T) => ComponentChildren
}

/** What was loaded, or in its place that it is loading, or why it cannot be shown and what to do. */
export function Shown<T>({ of, children }: ShownProps<T>) {
  const { value, failure, at, again } = of
  if (value === undefined)
    return failure === undefined ? <Loading /> : <Failed failure={failure} again={again} />
  return (
    <>
      {failure !== undefined && (
        <p class="notice" role="status">
          {texts.states.stale(clock(at))} {failure.detail}
        </p>
      )}
      {children(value)}
    </>
  )
}

export function Loading() {
  return (
    <div class="state loading" role="status" aria-label={texts.states.loading}>
      <span class="bone" />
      <span class="bone" />
      <span class="bone" />
    </div>
  )
}

const TITLES: Readonly<Record<Failure['kind'], string>> = {
  unauthenticated: texts.states.forbidden,
  forbidden: texts.states.forbidden,
  missing: texts.states.missing,
  absent: texts.states.absent,
  refused: texts.states.refused,
  unreachable: texts.states.unreachable,
}

export function Failed({ failure, again }: { readonly failure: Failure; readonly again?: () => void }) {
  if (failure.kind === 'absent') return <Absent detail={failure.detail} />
  const isForbidden = failure.kind === 'forbidden'
  return (
    <div class="state" role="alert">
      <h2>{TITLES[failure.kind]}</h2>
      <p>{failure.detail}</p>
      {isForbidden ? (
        <button type="button" class="button" onClick={() => signOut(failure.detail)}>
          {texts.states.forbiddenNext}
        </button>
      ) : (
        again !== undefined && (
          <button type="button" class="button" onClick={again}>
            {texts.states.again}
          </button>
        )
      )}
    </div>
  )
}

/** What this deployment does not have, and where it has something like it. It is nothing that went wrong. */
function Absent({ detail }: { readonly detail: string }) {
  return (
    <div class="state absent">
      <h2>{TITLES.absent}</h2>
      <p>{detail}</p>
    </div>
  )
}
