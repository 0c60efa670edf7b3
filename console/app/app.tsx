import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { key } from '../data/key.ts'
import { Alerts } from '../pages/alerts/alerts.tsx'
import { Contracts } from '../pages/contracts/contracts.tsx'
import { Dashboards } from '../pages/dashboards/dashboards.tsx'
import { Docs } from '../pages/docs/docs.tsx'
import { Events } from '../pages/events/events.tsx'
import { Explain } from '../pages/explain/explain.tsx'
import { Explore } from '../pages/explore/explore.tsx'
import { Keys } from '../pages/keys/keys.tsx'
import { Lake } from '../pages/lake/lake.tsx'
import { Overview } from '../pages/overview/overview.tsx'
import { Rejected } from '../pages/rejected/rejected.tsx'
import { Runs } from '../pages/runs/runs.tsx'
import { SignIn } from '../pages/sign-in.tsx'
import { texts } from '../texts/texts.ts'
import { Link } from './link.tsx'
import { place } from './location.ts'
import { PAGES, Shell } from './shell.tsx'

const VIEWS: Readonly<Record<string, ComponentType>> = {
  '/': Overview,
  '/explore': Explore,
  '/explain': Explain,
  '/events': Events,
  '/lake': Lake,
  '/keys': Keys,
  '/runs': Runs,
  '/contracts': Contracts,
  '/alerts': Alerts,
  '/dashboards': Dashboards,
  '/rejected': Rejected,
  '/docs': Docs,
}

/** Headings of pages that the navigation leads to by others. */
const BESIDE: Readonly<Record<string, string>> = {
  '/explain': texts.explain.heading,
  '/docs': texts.docs.heading,
}

/** The console: the sign-in, or the page of the address. */
export function App() {
  const { path } = place.value
  const isIn = key.value !== undefined
  useEffect(() => {
    const page = PAGES.find(one => one.path === path)
    const name = BESIDE[path] ?? (page && texts.pages[page.name])
    document.title = name === undefined ? texts.title : `${name} · ${texts.title}`
  }, [path])
  if (!isIn) return <SignIn />
  const View = VIEWS[path] ?? NotFound
  return (
    <Shell path={path}>
      <View />
    </Shell>
  )
}

function NotFound() {
  return (
    <div class="state">
      <h1>{texts.notFound.title}</h1>
      <p>{texts.notFound.body}</p>
      <Link href="/" class="button">
        {texts.notFound.next}
      </Link>
    </div>
  )
}
