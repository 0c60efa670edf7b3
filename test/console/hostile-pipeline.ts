import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Shown as text wherever it stands, or else it runs. */
export const HOSTILE = '<img src=x onerror="window.wasRun=1"><script>window.wasRun=1</script>'

const PROJECT = resolve(import.meta.dirname, '../..')
const TEXT = JSON.stringify(HOSTILE)

/** A type of free texts, a metric by one of them, a dashboard and an alert, whose words are hostile too. */
const FILES = {
  'contracts/shown.ts': `import Type from 'typebox'
import { defineContract } from '../../core/declare/contract.ts'
export default defineContract({
  type: 'com.example.shown', version: 1, title: ${TEXT}, description: ${TEXT},
  partitionBy: ['place'], sensitive: ['secret'],
  data: Type.Object({ place: Type.String(), secret: Type.String(), more: Type.Unknown() }),
})
`,
  'metrics/shown-minutely.ts': `import { count, last } from '../../core/declare/measures.ts'
import { defineMetric } from '../../core/declare/metric.ts'
export default defineMetric({
  name: 'shown_minutely', title: ${TEXT}, description: ${TEXT}, type: 'com.example.shown',
  window: 'minute', by: ['place'], measures: { shown: count(), newest: last('secret') },
})
`,
  'dashboards/shown.json': JSON.stringify({
    ...{ name: 'shown', title: HOSTILE, description: HOSTILE },
    charts: [{ title: HOSTILE, metric: 'shown_minutely', measure: 'shown', range: '1h', by: ['place'] }],
  }),
  'alerts/shown-often.ts': `import { defineAlert, threshold, webhook } from '../../core/declare/alerts/alert.ts'
export default defineAlert({
  name: 'shown_often', title: ${TEXT}, description: ${TEXT}, metric: 'shown_minutely', by: ['place'],
  when: threshold('shown', { above: 2 }), for: 1, lateness: '1s', to: [webhook('NO_SUCH_WEBHOOK_URL')],
})
`,
}

/** The sample's pipeline with these files, in a folder of its own. */
export async function makeHostilePipeline(): Promise<{ folder: string; dispose(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'tributary-hostile-'))
  for (const name of ['core', 'node_modules', 'package.json'])
    await symlink(join(PROJECT, name), join(root, name))
  const folder = join(root, 'pipeline')
  await cp(join(PROJECT, 'pipeline'), folder, { recursive: true })
  for (const [path, text] of Object.entries(FILES)) await writeFile(join(folder, path), text)
  return { folder, dispose: () => rm(root, { recursive: true, force: true }) }
}

/** Events of now whose every attribute and field is hostile, as far as ingest takes that. */
export function hostileEvents(count: number): readonly object[] {
  const time = new Date().toISOString()
  return Array.from({ length: count }, (_, i) => ({
    ...{ specversion: '1.0', id: `${HOSTILE}${i}`, source: HOSTILE, type: 'com.example.shown', time },
    ...{ subject: HOSTILE, extension: HOSTILE },
    data: {
      ...{ place: HOSTILE, secret: HOSTILE, [HOSTILE]: HOSTILE },
      more: { [HOSTILE]: [HOSTILE, { [HOSTILE]: HOSTILE }] },
    },
  }))
}
