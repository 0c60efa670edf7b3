import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { key } from '../data/key.ts'
import { Overview } from '../pages/overview/overview.tsx'
import { SignIn } from '../pages/sign-in.tsx'
import { texts } from '../texts.ts'
import { Link } from './link.tsx'
import { place } from './location.ts'
import { PAGES, Shell } from './shell.tsx'

const VIEWS: Readonly<Record<string, ComponentType>> = {
  '/': Overview,
}

/** The console: the sign-in, or the page of the address. */
export function App() {
  const { path } = place.value
  const isIn = key.value !== undefined
  useEffect(() => {
    const page = PAGES.find(one => one.path === path)
    document.title = page === undefined ? texts.title : `${texts.pages[page.name]} · ${texts.title}`
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
