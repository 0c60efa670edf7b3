import pino from 'pino'
import { toTributaryError } from '../core/errors.ts'
import { printableLines } from './cli/printable.ts'
import { logOutput } from './log-output.ts'
import { startPlatform } from './platform.ts'
import { readSettings, type Settings } from './settings.ts'
import { createStartProgress } from './start-progress.ts'
import { warehouseText } from './warehouse-text.ts'

/** Ctrl-C in a terminal comes twice: from the terminal, and from npm, which passes it on. */
const ONE_GESTURE_MS = 500

/**
 * Runs the platform until SIGTERM or SIGINT, then drains and exits 0; resolves when every part answers. A
 * start that fails is told in one line, and exits 1.
 */
export async function runPlatform(variables: NodeJS.ProcessEnv): Promise<void> {
  // Whoever read our output may be gone; that is no reason to stop, and there is nobody to tell.
  process.stdout.on('error', () => undefined)
  try {
    await run(readSettings(variables))
  } catch (error) {
    const { code, message } = toTributaryError(error)
    process.stderr.write(`${code}: ${printableLines(message)}\n`)
    process.exit(1)
  }
}

async function run(settings: Settings): Promise<void> {
  const logger = pino({ level: settings.logLevel }, logOutput(process.stdout))
  const ended = (cause: Error) => {
    logger.fatal(
      { err: cause },
      'a part of the platform ended; starting again goes on from its last checkpoint',
    )
    process.exit(1)
  }
  const progress = createStartProgress(line => process.stdout.write(`starting: ${line}\n`))
  const platform = await startPlatform(settings, logger, ended, progress)
  let closingSince: number | undefined
  const close = (signal: NodeJS.Signals) => {
    if (closingSince !== undefined) {
      if (performance.now() - closingSince < ONE_GESTURE_MS) return
      process.exit(1)
    }
    closingSince = performance.now()
    process.stdout.write(`${signal}: finishing what was accepted; once more to stop at once\n`)
    platform.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ err: error }, 'the platform could not finish; nothing acknowledged is lost')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', close)
  process.on('SIGINT', close)
  await platform.ready
  const key = platform.developmentKey
  process.stdout.write(
    [
      `Tributary is ready at ${platform.url}`,
      `  data       ${settings.data}`,
      ...(key === undefined
        ? []
        : [`  key        ${key}   (development key, all scopes; set TRIBUTARY_KEYS for your own)`]),
      `  console    ${platform.consoleText}`,
      '',
    ].join('\n'),
  )
  const warehouse = warehouseText(settings, platform.warehouseState)
  process.stdout.write(`  warehouse  ${await progress.during('the warehouse', warehouse)}\n`)
}
