import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/parts.css'
import './styles/pages.css'
import './styles/explore.css'
import './styles/explain.css'
import './styles/events.css'
import './styles/lake.css'
import './styles/runs.css'
import './styles/lists.css'
import './styles/alerts.css'
import './styles/forms.css'
import './app/theme.ts'
import { render } from 'preact'
import { App } from './app/app.tsx'
import { signInByItself } from './data/key.ts'

const root = document.getElementById('console')!
await signInByItself()
render(<App />, root)
