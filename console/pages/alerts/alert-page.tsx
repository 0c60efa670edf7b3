import { Link } from '../../app/link.tsx'
import { addressOf } from '../../data/address.ts'
import { count, instant, measure, span } from '../../parts/format.ts'
import { Moment } from '../../parts/moment.tsx'
import { ofNumbers, TableHead } from '../../parts/table-head.tsx'
import { texts } from '../../texts/texts.ts'
import { type Alert, StateBadge } from './alerts.tsx'
import { History } from './history.tsx'
import { Silence } from './silence.tsx'

const words = texts.alerts

/** One alert: what it watches, what is of concern, who is told, what happened. */
export function AlertPage({ alert, changed }: { readonly alert: Alert; readonly changed: () => void }) {
  const { title, description, state, silence, waitsFor, leftOut, most } = alert
  return (
    <div class="stack">
      <section class="card">
        <div class="between">
          <div class="row">
            <h2 class="large">{title}</h2>
            <StateBadge state={state} />
          </div>
          <Silence alert={alert} changed={changed} />
        </div>
        <p class="muted">{description}</p>
        {silence !== null && (
          <p class="notice">{words.silentUntil(instant(silence.until), silence.by, silence.why)}</p>
        )}
        {waitsFor !== null && (
          <p class="notice">
            {words.waits} {waitsFor}.
          </p>
        )}
        {leftOut > 0 && <p class="notice">{words.leftOut(count(leftOut), count(most))}</p>}
        <Facts alert={alert} />
      </section>
      <Concern alert={alert} />
      <Told alert={alert} />
      <History alert={alert} />
    </div>
  )
}

function Facts({ alert }: { readonly alert: Alert }) {
  const { condition, window, for: inRow, metric, by, where, judgedAt, judgedThrough, latenessMs } = alert
  const kept = Object.entries(where).map(([name, values]) => `${name} = ${values.join(', ')}`)
  const facts = [
    [
      words.condition,
      `${condition}, ${inRow === 1 ? words.each(window) : words.inRow(count(inRow), window)}`,
    ],
    [words.groups, [by.length === 0 ? words.everything : by.join(', '), ...kept].join('; ')],
    [words.late, span(latenessMs)],
    [words.judged, judgedAt === null ? words.notYet : instant(judgedThrough!).slice(0, -4)],
  ] as const
  return (
    <dl class="facts">
      <div>
        <dt>{words.metric}</dt>
        <dd>
          <Link href={addressOf('/explore', { metric, window, measure: alert.when.measure })}>{metric}</Link>
        </dd>
      </div>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Groups that are not well. */
function Concern({ alert: { groups } }: { readonly alert: Alert }) {
  const concern = groups.filter(({ state }) => state !== 'ok')
  return (
    <section class="card">
      <h2>{words.concern}</h2>
      {concern.length === 0 ? (
        <p class="muted">{words.noConcern}</p>
      ) : (
        <div class="scroll">
          <table>
            <TableHead
              columns={[
                words.group,
                words.state,
                ofNumbers(words.value),
                words.since,
                ofNumbers(words.inRowNow),
              ]}
            />
            <tbody>
              {concern.map(({ group, state, value, since, breaches }) => (
                <tr key={JSON.stringify(group)}>
                  <td>{groupText(group)}</td>
                  <td>
                    <StateBadge state={state} />
                  </td>
                  <td class="number">{measure(value)}</td>
                  <td class="number-left">{since !== null && <Moment at={since} />}</td>
                  <td class="number">{count(breaches)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

/** `origin = LAX`; the group of everything has a word. */
export function groupText(group: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(group).map(([name, value]) => `${name} = ${String(value)}`)
  return parts.length === 0 ? words.all_groups : parts.join(', ')
}

function Told({ alert: { to } }: { readonly alert: Alert }) {
  return (
    <section class="card">
      <h2>{words.to}</h2>
      {to.length === 0 ? (
        <p class="muted">{words.nobody}</p>
      ) : (
        <ul class="told">
          {to.map(({ id, waiting, problem }) => (
            <li key={id}>
              <code>{id}</code>{' '}
              <span class="muted">{waiting === 0 ? words.reached : words.waiting(count(waiting))}</span>
              {problem !== null && <p class="problem">{problem}</p>}
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
