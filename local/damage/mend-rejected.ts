import { existsSync } from 'node:fs'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readCheckedLine } from '../../drivers/files/checked-line.ts'
import { makeFolder, replaceFile } from '../../drivers/files/durable.ts'
import { hoursOf } from '../../drivers/rejected/files/folder.ts'
import { forgetMissing, openKept } from '../../drivers/rejected/files/kept.ts'
import { problemOf } from './finding.ts'
import type { Patient } from './patient.ts'

/** No layer has rejected events but their own files: what is damaged is set aside, and said to be lost. */
export async function mendRejected(patient: Patient): Promise<void> {
  const { paths, findings } = patient
  const folder = paths.rejected
  if (!existsSync(folder)) return
  const names = await hoursOf(folder)
  const kept = openKept(folder, 0)
  kept.close()
  for (const missing of kept.missing) {
    const file = /\S+ is damaged: /.exec(missing.message)?.[0].split('/').at(-1)?.split(' ')[0]
    findings.left(
      `rejected/${file}`,
      problemOf(missing),
      'rejected events are in no other place: they are lost',
    )
  }
  let hasChanged = kept.missing.length > 0
  for (const name of names) if (await setAsideLines(patient, name)) hasChanged = true
  if (hasChanged) await forgetMissing(folder, names)
}

/** Takes damaged lines out of a file; says whether there were any. */
async function setAsideLines({ data, paths, findings }: Patient, name: string): Promise<boolean> {
  const path = join(paths.rejected, name)
  const text = await readFile(path, 'utf8')
  const lines = text.split('\n').slice(0, -1)
  const broken = lines.filter(line => readCheckedLine(line) === undefined)
  if (broken.length === 0) return false
  const aside = join(data, 'damaged')
  await makeFolder(aside)
  await appendFile(join(aside, `rejected-${name}`), `${broken.join('\n')}\n`)
  const intact = lines.filter(line => !broken.includes(line)).map(line => `${line}\n`)
  await replaceFile(path, file => writeFile(file, intact.join(''), { mode: 0o600 }))
  const outcome = `set aside in damaged/rejected-${name}, as nothing else has them`
  findings.left(`rejected/${name}`, `${broken.length} lines do not match their checksum`, outcome)
  return true
}
