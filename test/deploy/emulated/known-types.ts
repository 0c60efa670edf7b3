import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

const SCRIPT = `import json
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS
print(json.dumps(sorted(_RESOURCE_HANDLERS)))`

/** Types of resources that CloudFormation of the emulator makes, asked of itself. */
export async function knownTypes(python: string): Promise<ReadonlySet<string>> {
  const { stdout } = await run(python, ['-c', SCRIPT])
  return new Set(JSON.parse(stdout) as string[])
}
