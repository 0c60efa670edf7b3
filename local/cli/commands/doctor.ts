import { examine } from '../../damage/examine.ts'
import { readSettings } from '../../settings.ts'
import { type Environment, print, Unsuccessful } from '../environment.ts'

export type DoctorFlags = { readonly acceptLoss?: boolean; readonly json?: boolean }

/** `tributary doctor`: exit code 1 where damage is left. */
export async function doctor(environment: Environment, flags: DoctorFlags): Promise<void> {
  const settings = readSettings(environment.variables)
  const found = await examine({
    settings,
    acceptLoss: flags.acceptLoss === true,
    tell: ({ file, problem, outcome, isLeft }) => {
      if (flags.json !== true)
        print(environment, `${isLeft ? 'LEFT      ' : 'repaired  '}${file}: ${problem}; ${outcome}`)
    },
  })
  const left = found.filter(({ isLeft }) => isLeft).length
  if (flags.json === true) print(environment, JSON.stringify({ data: settings.data, found, left }))
  else if (found.length === 0) print(environment, `${settings.data}: everything is as it was written`)
  else
    print(
      environment,
      `${settings.data}: ${found.length} found, ${found.length - left} repaired, ${left} left`,
    )
  if (left > 0) throw new Unsuccessful()
}
