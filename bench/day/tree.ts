import { readdirSync, readFileSync } from 'node:fs'

/** What the processes of a tree have had: pages in memory now, and ticks of processor time. */
type Usage = { readonly bytes: number; readonly ticks: number }

const PAGE = 4096
/** Ticks of `/proc` a second, the same on every Linux. */
const TICKS = 100

/** A process and all it has started, as far as they are there (Linux). */
export function treeOf(root: number): readonly number[] {
  const children = Map.groupBy(pids(), parentOf)
  const below = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(below)]
  return below(root)
}

/**
 * Watches a tree of processes: its memory at most, and its processor time. What a process took between the
 * last look and its end is missing.
 */
export function watchTree(root: number) {
  const ticks = new Map<number, number>()
  let [tree, looks, peakBytes] = [[root] as readonly number[], 0, 0]
  const look = () => {
    // To list all processes is dearer than to look at the known ones.
    if (looks++ % 8 === 0) tree = treeOf(root)
    let bytes = 0
    for (const pid of tree) {
      const usage = usageOf(pid)
      if (usage === undefined) continue
      bytes += usage.bytes
      ticks.set(pid, usage.ticks)
    }
    peakBytes = Math.max(peakBytes, bytes)
  }
  const timer = setInterval(look, 250)
  return {
    stop() {
      clearInterval(timer)
      return { peakBytes, cpuSeconds: ticks.values().reduce((a, b) => a + b, 0) / TICKS }
    },
  }
}

function pids(): readonly number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger)
}

/** Undefined where it has ended, also where nobody has taken notice yet. */
function parentOf(pid: number): number | undefined {
  const fields = statOf(pid)
  return fields === undefined || fields[0] === 'Z' ? undefined : Number(fields[1])
}

function usageOf(pid: number): Usage | undefined {
  const fields = statOf(pid)
  return fields && { ticks: Number(fields[11]) + Number(fields[12]), bytes: Number(fields[21]) * PAGE }
}

/** Fields of `/proc/PID/stat` from the state on; undefined where the process has ended meanwhile. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}

/** Ends a process and all it has started. */
export function endTree(root: number): void {
  for (const pid of treeOf(root).toReversed()) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}
