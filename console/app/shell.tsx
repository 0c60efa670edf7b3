import type { ComponentChildren } from 'preact'
import { signOut } from '../data/key.ts'
import mark from '../mark.svg'
import { Icon, type IconName } from '../parts/icon.tsx'
import { texts } from '../texts/texts.ts'
import { Link } from './link.tsx'
import { switchTheme, theme } from './theme.ts'

/** The pages in the order of the navigation. */
export const PAGES: readonly {
  readonly path: string
  readonly name: keyof typeof texts.pages
  readonly icon: IconName
}[] = [
  { path: '/', name: 'overview', icon: 'overview' },
  { path: '/explore', name: 'explore', icon: 'chart' },
  { path: '/events', name: 'events', icon: 'events' },
  { path: '/dashboards', name: 'dashboards', icon: 'dashboards' },
  { path: '/alerts', name: 'alerts', icon: 'bell' },
  { path: '/runs', name: 'runs', icon: 'runs' },
  { path: '/contracts', name: 'contracts', icon: 'contract' },
  { path: '/rejected', name: 'rejected', icon: 'rejected' },
  { path: '/lake', name: 'lake', icon: 'lake' },
  { path: '/keys', name: 'keys', icon: 'key' },
]

/** What is around every page: navigation, theme, signing out. */
export function Shell({ path, children }: { readonly path: string; readonly children: ComponentChildren }) {
  return (
    <div class="shell">
      <a class="skip" href="#page">
        {texts.skip}
      </a>
      <header class="shell-side">
        <Link href="/" class="brand">
          <img src={mark} alt="" width="24" height="24" />
          {texts.title}
        </Link>
        <nav aria-label={texts.navigation}>
          {PAGES.map(page => (
            <Link
              key={page.path}
              href={page.path}
              class="nav-item"
              isCurrent={page.path === (path === '/explain' ? '/explore' : path)}
            >
              <Icon name={page.icon} />
              {texts.pages[page.name]}
            </Link>
          ))}
        </nav>
        <div class="shell-tools">
          <ThemeSwitch />
          <button type="button" class="nav-item" onClick={() => signOut()}>
            <Icon name="out" />
            <span class="tool-text">{texts.signOut}</span>
          </button>
        </div>
      </header>
      <main id="page" tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}

export function ThemeSwitch() {
  const text = theme.value === 'dark' ? texts.theme.toLight : texts.theme.toDark
  return (
    <button type="button" class="nav-item" onClick={switchTheme}>
      <Icon name={theme.value === 'dark' ? 'sun' : 'moon'} />
      <span class="tool-text">{text}</span>
    </button>
  )
}
