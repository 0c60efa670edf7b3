import type { Logger } from 'pino'
import { destinationId } from '../../core/declare/alerts/destinations.ts'
import { type TributaryError, toTributaryError } from '../../core/errors.ts'
import type { Environment } from '../../core/setting.ts'
import { openLmdbAlerts } from '../../drivers/alerts/lmdb.ts'
import type { EmbeddedPaths } from '../../drivers/compose/embedded.ts'
import { createNotify, settingProblem } from '../../drivers/notify/notify.ts'
import { platformId } from '../../drivers/platform-id.ts'
import { type AlertPorts, type Alerts, openAlerts } from '../../steps/alerts/alerts.ts'

/** How often windows that are over and messages that are due are looked for, ms. */
const LOOK_EVERY = 500
const FORGET_EVERY = 3_600_000

export type WatchPorts = Omit<AlertPorts, 'store' | 'notify' | 'platform' | 'settingProblem' | 'report'> & {
  readonly paths: Pick<EmbeddedPaths, 'alerts' | 'platformId'>
  readonly environment: Environment
  readonly logger: Pick<Logger, 'warn'>
  readonly report: (failure: TributaryError, place?: string) => void
}

/**
 * Opens the alerts of this machine and looks after them: judges windows as they end, sends what is to be
 * said. What a destination lacks is told at once, and stops nothing: events are taken in all the same.
 *
 * @throws TributaryError `corrupt_data`, `storage_failed`
 */
export async function watchAlerts(ports: WatchPorts): Promise<Alerts & { close(): Promise<void> }> {
  const { paths, pipeline, environment, logger } = ports
  const store = openLmdbAlerts(paths.alerts)
  const report = (failure: TributaryError) => ports.report(failure, 'alerts')
  const problemOf: AlertPorts['settingProblem'] = destination => settingProblem(environment, destination)
  const alerts = await openAlerts({
    ...ports,
    ...{ store, report, settingProblem: problemOf, notify: createNotify(environment) },
    platform: await platformId(paths.platformId),
  })
  for (const { name, to } of pipeline.alerts)
    for (const destination of to) {
      const problem = problemOf(destination)
      if (problem !== undefined)
        logger.warn({ alert: name, destination: destinationId(destination) }, `alert ${name}: ${problem}`)
    }
  const watch = repeat(alerts, ports.now, report)
  return {
    ...alerts,
    async close() {
      await watch.stop()
      await alerts.stop()
      await store.close()
    },
  }
}

function repeat(alerts: Alerts, now: () => number, report: (failure: TributaryError) => void) {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let forgotten = now()
  let work: Promise<void> = Promise.resolve()
  const look = async (): Promise<void> => {
    await alerts.judge()
    await alerts.deliver()
    if (now() - forgotten < FORGET_EVERY) return
    forgotten = now()
    await alerts.forget()
  }
  const again = (): void => {
    if (isStopped) return
    timer = setTimeout(() => {
      work = look()
        .catch((cause: unknown) => report(toTributaryError(cause)))
        .finally(again)
    }, LOOK_EVERY)
  }
  again()
  return {
    async stop(): Promise<void> {
      isStopped = true
      clearTimeout(timer)
      await work
    },
  }
}
